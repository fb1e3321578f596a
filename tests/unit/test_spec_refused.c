/* tests/unit/test_spec_refused.c: which config.json is refused, where, and with what advice */
#include "spec_text.h"

#include <stdio.h>

struct refusal {
	const char *json;
	const char *where;  /* JSON pointer */
	const char *text;   /* a part of the message */
	const char *remedy; /* a part of the remedy; NULL: any, but one must be there */
};

static void refused_row(parse_fn *parse, const char *before, const struct refusal *row,
			const char *after)
{
	struct error err = {};
	autobuf struct buf all = {};

	buf_printf(&all, "%s%s%s", before, row->json, after);

	autofree char *text = unquoted(buf_text(&all));
	struct spec *spec = parse(text, strlen(text), &err);

	if (spec)
		fail_msg("accepted: %s", text);
	if (err.kind != ERR_SPEC || strcmp(err.where, row->where) != 0 ||
	    !strstr(err.text, row->text) || err.remedy[0] == '\0' ||
	    (row->remedy && !strstr(err.remedy, row->remedy)))
		fail_msg("%s\n  at %s: %s; %s\n  not %s: %s; %s", text, err.where, err.text,
			 err.remedy, row->where, row->text, row->remedy ? row->remedy : "…");
}

#define refuse(parse, before, rows, after)                                                         \
	do {                                                                                       \
		for (size_t i_ = 0; i_ < ARRAY_LEN(rows); i_++)                                    \
			refused_row((parse), (before), &(rows)[i_], (after));                      \
	} while (0)

static void a_document_that_is_no_config_is_refused(void **)
{
	// clang-format off
	static const struct refusal rows[] = {
		{ "null",                                "",            "must be an object",                 "config.md" },
		{ "{}",                                  "/ociVersion", "'ociVersion' is required",          "Specification version" },
		{ "{'ociVersion':1}",                    "/ociVersion", "must be a string, not a number",    NULL },
		{ "{'ociVersion':'2.0.0'}",              "/ociVersion", "must be version 1",                 NULL },
		{ "{'ociVersion':'0.9.0'}",              "/ociVersion", "must be version 1",                 NULL },
		{ "{'ociVersion':'1.3'}",                "/ociVersion", "must be version 1",                 NULL },
		{ "{'ociVersion':'1.03.0'}",             "/ociVersion", "must be version 1",                 NULL },
		{ "{'ociVersion':'1.3.0 '}",             "/ociVersion", "must be version 1",                 NULL },
		{ "{'ociVersion':'1.3.0'}",              "/root",       "'root' is required",                NULL },
		{ "{'ociVersion':'1.3.0','root':{}}",    "/root/path",  "'path' is required",                "\"Root\"" },
		{ "{'ociVersion':'1.3.0','root':{'path':''}}", "/root/path", "must not be empty",            NULL },
		{ "{'ociVersion':'1.3.0','root':null}",  "/root",       "'root' is required",                NULL },
	};
	// clang-format on

	refuse(spec_parse, "", rows, "");
}

static void bad_mounts_are_refused(void **)
{
	// clang-format off
	static const struct refusal rows[] = {
		{ "{}",                                            "/mounts",                 "must be an array of objects, not an object", NULL },
		{ "['/proc']",                                     "/mounts/0",               "must be an object, not a string",            NULL },
		{ "[{'destination':'/a'},{'source':'b'}]",         "/mounts/1/destination",   "is required",                                "\"Mounts\"" },
		{ "[{'destination':''}]",                          "/mounts/0/destination",   "must not be empty",                          NULL },
		{ "[{'destination':'/'}]",                         "/mounts/0/destination",   "is the root file system itself",             NULL },
		{ "[{'destination':'//.'}]",                       "/mounts/0/destination",   "is the root file system itself",             NULL },
		{ "[{'destination':'a/../..'}]",                   "/mounts/0/destination",   "is the root file system itself",             NULL },
		{ "[{'destination':'/a','options':'ro'}]",         "/mounts/0/options",       "must be an array of strings, not a string",  NULL },
		{ "[{'destination':'/a','options':['ro',1]}]",     "/mounts/0/options/1",     "must be a string, not a number",             "Linux mount options" },
		{ "[{'destination':'/a','uidMappings':[{'containerID':0,'hostID':1,'size':1}]}]",
		                                                   "/mounts/0/uidMappings",   "along with gidMappings",                     NULL },
		{ "[{'destination':'/a','gidMappings':[{'containerID':0,'hostID':1,'size':1}]}]",
		                                                   "/mounts/0/gidMappings",   "along with uidMappings",                     NULL },
	};
	// clang-format on

	refuse(spec_parse, CONFIG_BEGIN "'mounts':", rows, "}");
}

static void id_mappings_that_leave_the_range_of_ids_are_refused(void **)
{
	// clang-format off
	static const struct refusal rows[] = {
		{ "[{'containerID':0,'hostID':1,'size':0}]",                   "/linux/uidMappings/0/size",        "from 1 to 4294967295", NULL },
		{ "[{'containerID':0,'hostID':1,'size':4294967296}]",          "/linux/uidMappings/0/size",        "from 1 to 4294967295", NULL },
		{ "[{'containerID':-1,'hostID':1,'size':1}]",                  "/linux/uidMappings/0/containerID", "from 0 to 4294967295", NULL },
		{ "[{'containerID':1.5,'hostID':1,'size':1}]",                 "/linux/uidMappings/0/containerID", "must be an integer",   NULL },
		{ "[{'containerID':0,'hostID':4294967295,'size':1}]",          "/linux/uidMappings/0/size",        "hostID 4294967295 and size 1 go beyond", NULL },
		{ "[{'containerID':4294967290,'hostID':0,'size':6}]",          "/linux/uidMappings/0/size",        "containerID 4294967290 and size 6 go beyond", NULL },
		{ "[{'containerID':0,'hostID':1}]",                            "/linux/uidMappings/0/size",        "'size' is required",   "User namespace mappings" },
	};
	// clang-format on

	refuse(spec_parse, LINUX_BEGIN "'uidMappings':", rows, LINUX_END);
	spec_free(accepted(
		spec_parse, LINUX_BEGIN
		"'uidMappings':[{'containerID':0,'hostID':0,'size':4294967295}]" LINUX_END));
}

static void a_bad_process_is_refused(void **)
{
	// clang-format off
	static const struct refusal rows[] = {
		{ "'args':['sh']",                                      "/cwd",                "'cwd' is required",                      "\"Process\"" },
		{ "'cwd':'home','args':['sh']",                         "/cwd",                "must be an absolute path, not 'home'",   NULL },
		{ "'cwd':'','args':['sh']",                             "/cwd",                "must be an absolute path",               NULL },
		{ "'cwd':'/'",                                          "/args",               "'args' is required",                     NULL },
		{ "'cwd':'/','args':[]",                                "/args",               "the program to run",                     NULL },
		{ "'cwd':'/','args':['a',null]",                        "/args/1",             "must be a string, not null",             NULL },
		{ PROCESS "'env':['PATH']",                             "/env/0",              "must have the form NAME=value, not 'PATH'", NULL },
		{ PROCESS "'env':['A=b','=c']",                         "/env/1",              "NAME=value",                             NULL },
		{ PROCESS "'terminal':1",                               "/terminal",           "must be a boolean, not a number",        NULL },
		{ PROCESS "'consoleSize':{'height':1}",                 "/consoleSize/width",  "is required",                            NULL },
		{ PROCESS "'consoleSize':{'height':1,'width':65536}",   "/consoleSize/width",  "from 0 to 65535",                        NULL },
		{ PROCESS "'oomScoreAdj':1001",                         "/oomScoreAdj",        "from -1000 to 1000, not 1001",           "Linux Process" },
		{ PROCESS "'apparmorProfile':'a\\nb'",                  "/apparmorProfile",    "one line",                               NULL },
		{ PROCESS "'selinuxLabel':'a\\u0022b'",                 "/selinuxLabel",       "one line",                               NULL },
		{ PROCESS "'user':{'uid':0}",                           "/user/gid",           "'gid' is required",                      "POSIX-platform User" },
		{ PROCESS "'user':{'uid':4294967295,'gid':0}",          "/user/uid",           "from 0 to 4294967294",                   NULL },
		{ PROCESS "'user':{'uid':'root','gid':0}",              "/user/uid",           "must be a number, not a string",         NULL },
		{ PROCESS "'user':{'uid':0,'gid':0,'umask':512}",       "/user/umask",         "from 0 to 511",                          NULL },
		{ PROCESS "'user':{'uid':0,'gid':0,'additionalGids':[1,4294967295]}",
		                                                        "/user/additionalGids/1", "to 4294967294",                       NULL },
		{ PROCESS "'capabilities':['CAP_KILL']",                "/capabilities",       "must be an object",                      NULL },
		{ PROCESS "'capabilities':{'bounding':[7]}",            "/capabilities/bounding/0", "must be a string",                  NULL },
		{ PROCESS "'execCPUAffinity':{'initial':'0;1'}",        "/execCPUAffinity/initial", "numbers and ranges",                NULL },
	};
	// clang-format on

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct refusal in_config = rows[i];
		char where[128];

		refused_row(spec_parse_process, "{", &rows[i], "}");
		snprintf(where, sizeof(where), "/process%s", rows[i].where);
		in_config.where = where;
		refused_row(spec_parse, CONFIG_BEGIN "'process':{", &in_config, "}}");
	}
}

static void a_nul_byte_is_refused_everywhere(void **)
{
	static const char json[] = "{\"cwd\":\"/\",\"args\":[\"a\\u0000b\"]}";
	struct error err = {};

	assert_null(spec_parse_process(json, strlen(json), &err));
	assert_string_equal(err.where, "/args/0");
}

static void bad_rlimits_are_refused(void **)
{
	// clang-format off
	static const struct refusal rows[] = {
		{ "[{'type':'RLIMIT_NOFILES','soft':1,'hard':1}]", "/rlimits/0/type", "'RLIMIT_NOFILES' is not known",    "did you mean 'RLIMIT_NOFILE'?" },
		{ "[{'type':'NOFILE','soft':1,'hard':1}]",         "/rlimits/0/type", "'NOFILE' is not known",            NULL },
		{ "[{'type':'RLIMIT_CPU','soft':2,'hard':1}]",     "/rlimits/0/soft", "must not be above the hard limit", "POSIX process" },
		{ "[{'type':'RLIMIT_CPU','soft':-1,'hard':1}]",    "/rlimits/0/soft", "from 0 to 18446744073709551615",   NULL },
		{ "[{'type':'RLIMIT_CPU','soft':0,'hard':18446744073709551616}]", "/rlimits/0/hard", "from 0 to 18446744073709551615", NULL },
		{ "[{'type':'RLIMIT_CPU','soft':1}]",              "/rlimits/0/hard", "'hard' is required",               NULL },
		{ "[{'type':'RLIMIT_CPU','soft':1,'hard':1},{'type':'RLIMIT_AS','soft':1,'hard':1},{'type':'RLIMIT_CPU','soft':2,'hard':2}]",
		                                                   "/rlimits/2/type", "has a limit already",              NULL },
	};
	// clang-format on

	refuse(spec_parse_process, "{" PROCESS "'rlimits':", rows, "}");
}

static void bad_scheduling_is_refused(void **)
{
	// clang-format off
	static const struct refusal rows[] = {
		{ "'scheduler':{'nice':1}",                                "/scheduler/policy",   "'policy' is required",            "Linux Process" },
		{ "'scheduler':{'policy':'SCHED_BATH'}",                   "/scheduler/policy",   "is not one of SCHED_OTHER, ",     "did you mean 'SCHED_BATCH'?" },
		{ "'scheduler':{'policy':'SCHED_ISO'}",                    "/scheduler/policy",   "no Linux kernel implements it",   "SCHED_BATCH" },
		{ "'scheduler':{'policy':'SCHED_RR','nice':20}",           "/scheduler/nice",     "from -20 to 19",                  NULL },
		{ "'scheduler':{'policy':'SCHED_RR','priority':100}",      "/scheduler/priority", "from 0 to 99",                    NULL },
		{ "'scheduler':{'policy':'SCHED_RR','flags':['SCHED_FLAG_X']}", "/scheduler/flags/0", "'SCHED_FLAG_X' is not one of SCHED_FLAG_RESET_ON_FORK", NULL },
		{ "'scheduler':{'policy':'SCHED_RR','period':-1}",         "/scheduler/period",   "from 0 to",                       NULL },
		{ "'ioPriority':{'class':'IOPRIO_CLASS_RT'}",              "/ioPriority/priority", "is required",                    NULL },
		{ "'ioPriority':{'class':'IOPRIO_CLASS_NONE','priority':1}", "/ioPriority/class", "not one of IOPRIO_CLASS_RT, IOPRIO_CLASS_BE, IOPRIO_CLASS_IDLE", NULL },
		{ "'ioPriority':{'class':'IOPRIO_CLASS_RT','priority':8}", "/ioPriority/priority", "from 0 to 7",                    NULL },
	};
	// clang-format on

	refuse(spec_parse_process, "{" PROCESS, rows, "}");
}

static void bad_names_and_annotations_are_refused(void **)
{
	// clang-format off
	static const struct refusal rows[] = {
		{ "'hostname':'a\\nb'",            "/hostname",      "without control characters",  "Hostname" },
		{ "'hostname':'0123456789012345678901234567890123456789012345678901234567890123x'",
		                                   "/hostname",      "at most 64 bytes",            NULL },
		{ "'domainname':'\\u007f'",        "/domainname",    "without control characters",  "Domainname" },
		{ "'annotations':{'':'x'}",        "/annotations/",  "the key must not be empty",   "Annotations" },
		{ "'annotations':{'a/b':1}",       "/annotations/a~1b", "must be a string",         NULL },
		{ "'annotations':['a']",           "/annotations",   "must be an object of strings, not an array", NULL },
	};
	// clang-format on

	refuse(spec_parse, CONFIG_BEGIN, rows, "}");
}

static void bad_hooks_are_refused(void **)
{
	// clang-format off
	static const struct refusal rows[] = {
		{ "'prestart':[{'args':['a']}]",                       "/hooks/prestart/0/path",         "'path' is required",       "POSIX-platform Hooks" },
		{ "'poststop':[{'path':'/a'},{'path':'b'}]",           "/hooks/poststop/1/path",         "absolute path, not 'b'",   NULL },
		{ "'createRuntime':[{'path':'/a','timeout':0}]",       "/hooks/createRuntime/0/timeout", "from 1 to",                NULL },
		{ "'createContainer':[{'path':'/a','timeout':-1}]",    "/hooks/createContainer/0/timeout", "from 1 to",              NULL },
		{ "'startContainer':[{'path':'/a','env':['X']}]",      "/hooks/startContainer/0/env/0",  "NAME=value",               NULL },
		{ "'poststart':{'path':'/a'}",                         "/hooks/poststart",               "must be an array",         NULL },
	};
	// clang-format on

	refuse(spec_parse, CONFIG_BEGIN "'hooks':{", rows, "}}");
}

static void bad_namespaces_are_refused(void **)
{
	// clang-format off
	static const struct refusal rows[] = {
		{ "[{'path':'/x'}]",                            "/linux/namespaces/0/type", "'type' is required",         "\"Namespaces\"" },
		{ "[{'type':'net'}]",                           "/linux/namespaces/0/type", "'net' is not one of user, mount, pid, network", NULL },
		{ "[{'type':'networks'}]",                      "/linux/namespaces/0/type", "is not one of",              "did you mean 'network'?" },
		{ "[{'type':'pid','path':'proc/1/ns/pid'}]",    "/linux/namespaces/0/path", "must be an absolute path",   NULL },
		{ "[{'type':'pid'},{'type':'ipc'},{'type':'pid','path':'/x'}]",
		                                                "/linux/namespaces/2/type", "'pid' is listed already, as element 0", NULL },
		{ "{'pid':{}}",                                 "/linux/namespaces",        "must be an array of objects", NULL },
	};
	// clang-format on

	refuse(spec_parse, LINUX_BEGIN "'namespaces':", rows, LINUX_END);
}

static void bad_linux_properties_are_refused(void **)
{
	// clang-format off
	static const struct refusal rows[] = {
		{ "'timeOffsets':{'realtime':{'secs':1}}",           "/linux/timeOffsets/realtime", "not one of the clocks monotonic, boottime", NULL },
		{ "'timeOffsets':{'boottimes':{'secs':1}}",          "/linux/timeOffsets/boottimes", "not one of the clocks",      "did you mean 'boottime'?" },
		{ "'timeOffsets':{'boottime':{'nanosecs':1000000000}}", "/linux/timeOffsets/boottime/nanosecs", "to 999999999",     NULL },
		{ "'netDevices':{'eth/0':{}}",                       "/linux/netDevices/eth~10",   "the key must be the name of a network device", NULL },
		{ "'netDevices':{'eth0':{'name':'a b'}}",            "/linux/netDevices/eth0/name", "spaces, not 'a b'", NULL },
		{ "'netDevices':{'eth0':{'name':'sixteen-letters-'}}", "/linux/netDevices/eth0/name", "1 to 15 bytes",              NULL },
		{ "'netDevices':{'eth0':{'name':'..'}}",             "/linux/netDevices/eth0/name", "the name of a network device", NULL },
		{ "'netDevices':{'a':{'name':'x'},'b':{'name':'x'}}", "/linux/netDevices/b",       "'x' will be the name of 'a' already", NULL },
		{ "'netDevices':{'a':{'name':'b'},'b':{}}",          "/linux/netDevices/b",        "'b' will be the name of 'a' already", NULL },
		{ "'cgroupsPath':'/a/../b'",                         "/linux/cgroupsPath",         "without '..'",               "Cgroups Path" },
		{ "'cgroupsPath':'..'",                              "/linux/cgroupsPath",         "without '..'",               NULL },
		{ "'cgroupsPath':'a\\nb'",                           "/linux/cgroupsPath",         "control characters",         NULL },
		{ "'maskedPaths':['proc/kcore']",                    "/linux/maskedPaths/0",       "must be an absolute path",   "Masked Paths" },
		{ "'readonlyPaths':['/a','']",                       "/linux/readonlyPaths/1",     "must be an absolute path",   NULL },
		{ "'mountLabel':'a\\u0022,b'",                       "/linux/mountLabel",          "quotes",                     NULL },
		{ "'rootfsPropagation':'public'",                    "/linux/rootfsPropagation",   "'public' is not one of private, shared, slave, unbindable", NULL },
		{ "'rootfsPropagation':'slaves'",                    "/linux/rootfsPropagation",   "is not one of",              "did you mean 'slave'?" },
		{ "'personality':{}",                                "/linux/personality/domain",  "'domain' is required",       NULL },
		{ "'personality':{'domain':'PER_LINUX'}",            "/linux/personality/domain",  "is not one of LINUX, LINUX32", NULL },
		{ "'personality':{'domain':'LINUX','flags':['X']}",  "/linux/personality/flags",   "defines no flags",           "Personality" },
		{ "'intelRdt':{'closID':'a/b'}",                     "/linux/intelRdt/closID",     "'/' or a directory name",    NULL },
		{ "'intelRdt':{'closID':'..'}",                      "/linux/intelRdt/closID",     "'/' or a directory name",    NULL },
		{ "'intelRdt':{'memBwSchema':'L3:0=1'}",             "/linux/intelRdt/memBwSchema", "starts with 'MB:'",         NULL },
		{ "'intelRdt':{'l3CacheSchema':'L3:0=1\\nMB:0=1'}",  "/linux/intelRdt/l3CacheSchema", "one line",                NULL },
		{ "'intelRdt':{'schemata':['a','b\\n']}",            "/linux/intelRdt/schemata/1", "one line",                   "IntelRdt" },
		{ "'memoryPolicy':{'nodes':'0'}",                    "/linux/memoryPolicy/mode",   "'mode' is required",         "Memory policy" },
		{ "'memoryPolicy':{'mode':'MPOL_BOUND','nodes':'0'}", "/linux/memoryPolicy/mode",  "not one of MPOL_DEFAULT",    "did you mean 'MPOL_BIND'?" },
		{ "'memoryPolicy':{'mode':'MPOL_BIND'}",             "/linux/memoryPolicy",        "this mode needs nodes",      NULL },
		{ "'memoryPolicy':{'mode':'MPOL_LOCAL','nodes':'0'}", "/linux/memoryPolicy/nodes", "take no nodes",              NULL },
		{ "'memoryPolicy':{'mode':'MPOL_BIND','nodes':'x'}", "/linux/memoryPolicy/nodes",  "numbers and ranges",         NULL },
		{ "'memoryPolicy':{'mode':'MPOL_BIND','nodes':'0','flags':['MPOL_F_STATIC_NODES','MPOL_F_RELATIVE_NODES']}",
		                                                     "/linux/memoryPolicy/flags",  "exclude each other",         NULL },
		{ "'sysctl':{'net.ipv4..x':'1'}",                    "/linux/sysctl/net.ipv4..x",  "the key must be a sysctl key", "Sysctl" },
		{ "'sysctl':{'net/../kernel/x':'1'}",                "/linux/sysctl/net~1..~1kernel~1x", "sysctl key",           NULL },
		{ "'sysctl':{'/kernel/x':'1'}",                      "/linux/sysctl/~1kernel~1x",  "sysctl key",                 NULL },
		{ "'sysctl':{'kernel x':'1'}",                       "/linux/sysctl/kernel x",     "sysctl key",                 NULL },
		{ "'sysctl':{'kernel.x':1}",                         "/linux/sysctl/kernel.x",     "must be a string",           NULL },
	};
	// clang-format on

	refuse(spec_parse, LINUX_BEGIN, rows, LINUX_END);
}

static void bad_devices_are_refused(void **)
{
	// clang-format off
	static const struct refusal rows[] = {
		{ "{'type':'x','path':'/d'}",                                 "/linux/devices/0/type",     "'x' is not one of c, b, u, p",  "\"Devices\"" },
		{ "{'type':'c','path':'dev/x','major':1,'minor':1}",          "/linux/devices/0/path",     "must be an absolute path",      NULL },
		{ "{'type':'c','path':'/d','major':1}",                       "/linux/devices/0",          "major and minor are required for a device of type 'c'", NULL },
		{ "{'type':'b','path':'/d','major':4096,'minor':1}",          "/linux/devices/0/major",    "from 0 to 4095",                NULL },
		{ "{'type':'b','path':'/d','major':1,'minor':1048576}",       "/linux/devices/0/minor",    "from 0 to 1048575",             NULL },
		{ "{'type':'c','path':'/d','major':1,'minor':1,'fileMode':65536}", "/linux/devices/0/fileMode", "to 65535",                 NULL },
		{ "{'type':'c','path':'/d','major':1,'minor':1,'uid':-1}",    "/linux/devices/0/uid",      "from 0 to 4294967294",          NULL },
	};
	// clang-format on

	refuse(spec_parse, LINUX_BEGIN "'devices':[", rows, "]" LINUX_END);
}

static void bad_resources_are_refused(void **)
{
	// clang-format off
	static const struct refusal rows[] = {
		{ "'devices':[{'type':'c'}]",                          "/devices/0/allow",       "'allow' is required",        "Allowed Device list" },
		{ "'devices':[{'allow':true,'type':'p'}]",             "/devices/0/type",        "'p' is not one of a, b, c",  NULL },
		{ "'devices':[{'allow':true,'access':'rx'}]",          "/devices/0/access",      "the letters r, w and m, not 'rx'", NULL },
		{ "'devices':[{'allow':true,'access':''}]",            "/devices/0/access",      "the letters r, w and m",     NULL },
		{ "'devices':[{'allow':true,'major':-2}]",             "/devices/0/major",       "from -1 to 4095",            NULL },
		{ "'memory':{'limit':-2}",                             "/memory/limit",          "from -1 to 9223372036854775807", "\"Memory\"" },
		{ "'memory':{'limit':9223372036854775808}",            "/memory/limit",          "from -1 to",                 NULL },
		{ "'memory':{'limit':'1G'}",                           "/memory/limit",          "must be a number, not a string", NULL },
		{ "'memory':{'swappiness':101}",                       "/memory/swappiness",     "from 0 to 100",              NULL },
		{ "'cpu':{'shares':-1}",                               "/cpu/shares",            "from 0 to",                  "\"CPU\"" },
		{ "'cpu':{'period':1000001}",                          "/cpu/period",            "from 0 to 1000000",          NULL },
		{ "'cpu':{'cpus':'0-x'}",                              "/cpu/cpus",              "numbers and ranges such as '0-3,7', not '0-x'", NULL },
		{ "'cpu':{'mems':'0\\n1'}",                            "/cpu/mems",              "numbers and ranges",         NULL },
		{ "'cpu':{'idle':2}",                                  "/cpu/idle",              "from 0 to 1",                NULL },
		{ "'cpu':{'quota':100,'burst':101}",                   "/cpu/burst",             "must not be larger than the quota", NULL },
		{ "'blockIO':{'weight':65536}",                        "/blockIO/weight",        "from 0 to 65535",            "Block IO" },
		{ "'blockIO':{'weightDevice':[{'major':1,'minor':1}]}", "/blockIO/weightDevice/0", "must have weight or leafWeight", NULL },
		{ "'blockIO':{'weightDevice':[{'minor':1,'weight':1}]}", "/blockIO/weightDevice/0/major", "is required",       NULL },
		{ "'blockIO':{'throttleReadBpsDevice':[{'major':1,'minor':1}]}", "/blockIO/throttleReadBpsDevice/0/rate", "is required", NULL },
		{ "'hugepageLimits':[{'pageSize':'2M','limit':1}]",    "/hugepageLimits/0/pageSize", "a size such as '64KB'",  NULL },
		{ "'hugepageLimits':[{'pageSize':'02MB','limit':1}]",  "/hugepageLimits/0/pageSize", "a size such as",         NULL },
		{ "'hugepageLimits':[{'pageSize':'../x','limit':1}]",  "/hugepageLimits/0/pageSize", "a size such as",         NULL },
		{ "'hugepageLimits':[{'pageSize':'2MB'}]",             "/hugepageLimits/0/limit", "'limit' is required",       "Huge page limits" },
		{ "'network':{'classID':4294967296}",                  "/network/classID",       "to 4294967295",              NULL },
		{ "'network':{'priorities':[{'name':'eth0'}]}",        "/network/priorities/0/priority", "is required",        "\"Network\"" },
		{ "'pids':{'limit':-2}",                               "/pids/limit",            "from -1 to",                 "PIDs" },
		{ "'rdma':{'mlx5_1':{}}",                              "/rdma/mlx5_1",           "must have hcaHandles or hcaObjects", "RDMA" },
		{ "'rdma':{'a b':{'hcaHandles':1}}",                   "/rdma/a b",              "the key must be the name of an RDMA device", NULL },
		{ "'rdma':{'a':{'hcaHandles':4294967296}}",            "/rdma/a/hcaHandles",     "to 4294967295",              NULL },
		{ "'unified':{'../cgroup.procs':'1'}",                 "/unified/..~1cgroup.procs", "the name of a cgroup file", "Unified" },
		{ "'unified':{'..':'1'}",                              "/unified/..",            "the name of a cgroup file",  NULL },
		{ "'unified':{'memory.max':1}",                        "/unified/memory.max",    "must be a string",           NULL },
	};
	// clang-format on

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct refusal in_config = rows[i];
		char where[128];

		refused_row(spec_parse_resources, "{", &rows[i], "}");
		snprintf(where, sizeof(where), "/linux/resources%s", rows[i].where);
		in_config.where = where;
		refused_row(spec_parse, LINUX_BEGIN "'resources':{", &in_config, "}" LINUX_END);
	}
}

static void bad_seccomp_is_refused(void **)
{
	// clang-format off
#define D "'defaultAction':'SCMP_ACT_ALLOW',"
	static const struct refusal rows[] = {
		{ "'syscalls':[]",                                        "/defaultAction",   "'defaultAction' is required",        "\"Seccomp\"" },
		{ "'defaultAction':'SCMP_ACT_ALOW'",                      "/defaultAction",   "is not one of SCMP_ACT_KILL, ",      "did you mean 'SCMP_ACT_ALLOW'?" },
		{ "'defaultAction':'SCMP_ACT_KILL','defaultErrnoRet':1",  "/defaultErrnoRet", "only SCMP_ACT_ERRNO and SCMP_ACT_TRACE take a number", NULL },
		{ "'defaultAction':'SCMP_ACT_ERRNO','defaultErrnoRet':4095", "/defaultErrnoRet", "must be at most 4094",            NULL },
		{ "'defaultAction':'SCMP_ACT_TRACE','defaultErrnoRet':65536", "/defaultErrnoRet", "from 0 to 65535",                NULL },
		{ D "'architectures':['SCMP_ARCH_X86_46']",               "/architectures/0", "'SCMP_ARCH_X86_46' is not known",    "did you mean 'SCMP_ARCH_X86_64'?" },
		{ D "'architectures':'SCMP_ARCH_X86'",                    "/architectures",   "must be an array of strings",        NULL },
		{ D "'flags':['SECCOMP_FILTER_FLAG_NEW_LISTENER']",       "/flags/0",         "is not one of SECCOMP_FILTER_FLAG_TSYNC", NULL },
		{ D "'listenerMetadata':'x'",                             "/listenerMetadata", "must not be set without listenerPath", NULL },
		{ D "'syscalls':[{'names':['a'],'action':'SCMP_ACT_NOTIFY'}]", "",            "no agent would be told",             "listenerPath" },
		{ D "'syscalls':[{'names':[],'action':'SCMP_ACT_LOG'}]",  "/syscalls/0/names", "at least one system call",          NULL },
		{ D "'syscalls':[{'action':'SCMP_ACT_LOG'}]",             "/syscalls/0/names", "'names' is required",               NULL },
		{ D "'syscalls':[{'names':['a b'],'action':'SCMP_ACT_LOG'}]", "/syscalls/0/names/0", "the name of a system call, not 'a b'", NULL },
		{ D "'syscalls':[{'names':['a']}]",                       "/syscalls/0/action", "'action' is required",             NULL },
		{ D "'syscalls':[{'names':['a'],'action':'SCMP_ACT_ALLOW','errnoRet':1}]", "/syscalls/0/errnoRet", "take a number", NULL },
		{ D "'syscalls':[{'names':['a'],'action':'SCMP_ACT_LOG','args':[{'index':6,'value':1,'op':'SCMP_CMP_EQ'}]}]",
		                                                          "/syscalls/0/args/0/index", "from 0 to 5",                NULL },
		{ D "'syscalls':[{'names':['a'],'action':'SCMP_ACT_LOG','args':[{'index':0,'value':1,'op':'SCMP_CMP_EG'}]}]",
		                                                          "/syscalls/0/args/0/op", "is not one of SCMP_CMP_NE",     "did you mean 'SCMP_CMP_EQ'?" },
		{ D "'syscalls':[{'names':['a'],'action':'SCMP_ACT_LOG','args':[{'index':0,'value':-1,'op':'SCMP_CMP_EQ'}]}]",
		                                                          "/syscalls/0/args/0/value", "from 0 to 18446744073709551615", NULL },
	};
#undef D
	// clang-format on

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct refusal in_config = rows[i];
		char where[128];

		refused_row(spec_parse_seccomp, "{", &rows[i], "}");
		snprintf(where, sizeof(where), "/linux/seccomp%s", rows[i].where);
		in_config.where = where;
		refused_row(spec_parse, LINUX_BEGIN "'seccomp':{", &in_config, "}" LINUX_END);
	}
}

/* Compiling takes the square of their number: 40,000 took 17 seconds. */
static void a_profile_of_more_names_than_a_filter_holds_is_refused(void **)
{
	autobuf struct buf text = {};
	struct error err;

	buf_puts(&text, "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":["
			"{\"action\":\"SCMP_ACT_ALLOW\",\"names\":[\"read\"");
	for (unsigned i = 0; i < 4095; i++)
		buf_printf(&text, ",\"x%u\"", i);

	const size_t fits = text.len;

	buf_puts(&text, "]}]}");

	struct spec *spec = spec_parse_seccomp(buf_text(&text), text.len, &err);

	assert_non_null(spec);
	spec_free(spec);
	text.len = fits;
	buf_puts(&text, "]},{\"action\":\"SCMP_ACT_LOG\",\"names\":[\"write\"]}]}");
	assert_null(spec_parse_seccomp(buf_text(&text), text.len, &err));
	assert_string_equal(err.where, "/syscalls");
	assert_non_null(strstr(err.text, "at most 4096 names"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_document_that_is_no_config_is_refused),
		cmocka_unit_test(bad_mounts_are_refused),
		cmocka_unit_test(id_mappings_that_leave_the_range_of_ids_are_refused),
		cmocka_unit_test(a_bad_process_is_refused),
		cmocka_unit_test(a_nul_byte_is_refused_everywhere),
		cmocka_unit_test(bad_rlimits_are_refused),
		cmocka_unit_test(bad_scheduling_is_refused),
		cmocka_unit_test(bad_names_and_annotations_are_refused),
		cmocka_unit_test(bad_hooks_are_refused),
		cmocka_unit_test(bad_namespaces_are_refused),
		cmocka_unit_test(bad_linux_properties_are_refused),
		cmocka_unit_test(bad_devices_are_refused),
		cmocka_unit_test(bad_resources_are_refused),
		cmocka_unit_test(bad_seccomp_is_refused),
		cmocka_unit_test(a_profile_of_more_names_than_a_filter_holds_is_refused),
	};

	return cmocka_run_group_tests_name("spec refused", tests, NULL, NULL);
}
