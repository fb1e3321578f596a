/* kernel/cgroup_systemd.c: a cgroup that systemd makes: a transient scope unit
 *
 * Theory of operation
 *
 * StartTransientUnit of org.freedesktop.systemd1.Manager takes a unit's name and properties, and
 * answers with a job; what became of that job comes as the signal JobRemoved, which is sent to those
 * that have called Subscribe. The signal may come before the answer, and is then kept by sd-bus until
 * it is asked to process it: so the name of the job is known by the time it is compared.
 *
 * Delegate= makes the scope's cgroup ours: systemd writes nothing below it, and enables the
 * controllers on the way down to it. The scope's own files stay systemd's, which sets them again at
 * each daemon-reload; so our limits are in a cgroup below. Only TasksMax= is set here, because
 * the default of systemd is below what engines ask for.
 *
 * As root the address of the bus is fixed: an environment variable must not decide whom root obeys.
 */
#include "kernel/cgroup_systemd.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/library.h"
#include "kernel/cgroup_internal.h"
#include "kernel/cgroup_property.h"

#include <stdio.h>
#include <string.h>
#include <systemd/sd-bus.h>

enum { JOB_TIMEOUT_MS = 30'000, USEC_PER_MS = 1000 };

static const char destination[] = "org.freedesktop.systemd1";
static const char object[] = "/org/freedesktop/systemd1";
static const char manager[] = "org.freedesktop.systemd1.Manager";

struct api {
	typeof(sd_bus_new) *bus_new;
	typeof(sd_bus_set_address) *set_address;
	typeof(sd_bus_set_bus_client) *set_bus_client;
	typeof(sd_bus_start) *start;
	typeof(sd_bus_call_method) *call_method;
	typeof(sd_bus_call) *call;
	typeof(sd_bus_message_new_method_call) *new_method_call;
	typeof(sd_bus_message_append) *append;
	typeof(sd_bus_message_append_strv) *append_strv;
	typeof(sd_bus_message_open_container) *open_container;
	typeof(sd_bus_message_close_container) *close_container;
	typeof(sd_bus_message_read) *read;
	typeof(sd_bus_message_unref) *message_unref;
	typeof(sd_bus_match_signal) *match_signal;
	typeof(sd_bus_process) *process;
	typeof(sd_bus_wait) *wait;
	typeof(sd_bus_error_free) *error_free;
	typeof(sd_bus_flush_close_unref) *close;
};

// clang-format off
static const struct library_symbol symbols[] = {
	{ "sd_bus_new",                     offsetof(struct api, bus_new) },
	{ "sd_bus_set_address",             offsetof(struct api, set_address) },
	{ "sd_bus_set_bus_client",          offsetof(struct api, set_bus_client) },
	{ "sd_bus_start",                   offsetof(struct api, start) },
	{ "sd_bus_call_method",             offsetof(struct api, call_method) },
	{ "sd_bus_call",                    offsetof(struct api, call) },
	{ "sd_bus_message_new_method_call", offsetof(struct api, new_method_call) },
	{ "sd_bus_message_append",          offsetof(struct api, append) },
	{ "sd_bus_message_append_strv",     offsetof(struct api, append_strv) },
	{ "sd_bus_message_open_container",  offsetof(struct api, open_container) },
	{ "sd_bus_message_close_container", offsetof(struct api, close_container) },
	{ "sd_bus_message_read",            offsetof(struct api, read) },
	{ "sd_bus_message_unref",           offsetof(struct api, message_unref) },
	{ "sd_bus_match_signal",            offsetof(struct api, match_signal) },
	{ "sd_bus_process",                 offsetof(struct api, process) },
	{ "sd_bus_wait",                    offsetof(struct api, wait) },
	{ "sd_bus_error_free",              offsetof(struct api, error_free) },
	{ "sd_bus_flush_close_unref",       offsetof(struct api, close) },
};
// clang-format on

/* A connection, and the job that is waited for. */
struct client {
	struct api api;
	sd_bus *bus;
	bool has_daemon; /* false: systemd itself is at the other end */
	char result[32]; /* what became of it: "done" */
	char job[128];   /* ours, as an object path */
};

/* --- errors --- */

/* @code: negative errno of sd-bus. Fills *err, and frees @error. */
static int failed(struct client *client, int code, sd_bus_error *error, const char *unit,
		  const char *what, struct error *err)
{
	const char *reason = error && error->message ? error->message : strerror(-code);

	(void)error_set(err, ERR_KERNEL, unit, "systemd cannot %s '%s': %s", what, unit, reason);
	err->code = -code;
	if (error)
		client->api.error_free(error);
	return -1;
}

static bool is_error(const sd_bus_error *error, const char *name)
{
	return error->name && strcmp(error->name, name) == 0;
}

/* --- the connection --- */

static int connect_to(struct client *client, const char *address, bool has_daemon)
{
	int code = client->api.bus_new(&client->bus);

	client->has_daemon = has_daemon;
	if (code >= 0)
		code = client->api.set_address(client->bus, address);
	if (code >= 0 && has_daemon)
		code = client->api.set_bus_client(client->bus, true);
	if (code >= 0)
		code = client->api.start(client->bus);
	/* Starting only begins to connect: the first call tells whether somebody is there. The
	 * answer to Subscribe is an error when we have done so before, which is fine. */
	if (code >= 0) {
		sd_bus_error error = SD_BUS_ERROR_NULL;

		code = client->api.call_method(client->bus, destination, object, manager,
					       "Subscribe", &error, NULL, "");
		if (code < 0 && is_error(&error, "org.freedesktop.systemd1.AlreadySubscribed"))
			code = 0;
		client->api.error_free(&error);
	}
	if (code < 0)
		client->bus = client->api.close(client->bus);
	return code;
}

/* The bus, and behind it systemd's own socket, for a host without a message bus. */
static int open_bus(struct client *client, bool user, struct error *err)
{
	const char *runtime_dir = user ? getenv("XDG_RUNTIME_DIR") : NULL;
	const char *session = user ? getenv("DBUS_SESSION_BUS_ADDRESS") : NULL;
	char bus[512], own[512];
	int code;

	if (library_open("libsystemd.so.0", symbols, ARRAY_LEN(symbols), &client->api, err) < 0)
		return -1;

	if (!user) {
		snprintf(bus, sizeof bus, "unix:path=/run/dbus/system_bus_socket");
		snprintf(own, sizeof own, "unix:path=/run/systemd/private");
	} else if (runtime_dir) {
		snprintf(bus, sizeof bus, "unix:path=%s/bus", runtime_dir);
		snprintf(own, sizeof own, "unix:path=%s/systemd/private", runtime_dir);
	} else {
		snprintf(bus, sizeof bus, "unix:path=/run/user/%u/bus", (unsigned)getuid());
		snprintf(own, sizeof own, "unix:path=/run/user/%u/systemd/private",
			 (unsigned)getuid());
	}

	code = connect_to(client, session ? session : bus, /* has_daemon = */ true);
	if (code < 0 && connect_to(client, own, /* has_daemon = */ false) >= 0)
		return 0;
	if (code >= 0)
		return 0;

	(void)error_set(err, ERR_KERNEL, session ? session : bus, "cannot reach %s over D-Bus: %s",
			user ? "your systemd user instance" : "systemd", strerror(-code));
	err->code = -code;
	return error_remedy(err, user ? "log in with a session that has one (loginctl "
					"enable-linger), or use --cgroup-manager disabled"
				      : "start dbus, or use --cgroup-manager cgroupfs");
}

/* --- jobs --- */

/* JobRemoved(u id, o job, s unit, s result) */
static int job_removed(sd_bus_message *message, void *data, sd_bus_error *)
{
	struct client *client = data;
	const char *job, *unit, *result;
	uint32_t id;

	if (client->api.read(message, "uoss", &id, &job, &unit, &result) < 0 ||
	    strcmp(job, client->job) != 0)
		return 0;
	snprintf(client->result, sizeof client->result, "%s", result);
	return 0;
}

static int await_job(struct client *client, const char *unit, const char *what, struct error *err)
{
	const int64_t end = clock_ms() + JOB_TIMEOUT_MS;

	while (!*client->result) {
		const int64_t left = end - clock_ms();
		int code = client->api.process(client->bus, NULL);

		if (code == 0 && left > 0)
			code = client->api.wait(client->bus, (uint64_t)left * USEC_PER_MS);
		if (code < 0)
			return failed(client, code, NULL, unit, what, err);
		if (left <= 0)
			return failed(client, -ETIMEDOUT, NULL, unit, what, err);
	}
	if (strcmp(client->result, "done") == 0)
		return 0;
	(void)error_set(err, ERR_KERNEL, unit, "systemd could not %s '%s': %s", what, unit,
			client->result);
	return error_remedy(err, "see `systemctl status %s`", unit);
}

/* The answer to a call that queues a job. */
static int remember_job(struct client *client, sd_bus_message *reply)
{
	const char *job;
	const int code = client->api.read(reply, "o", &job);

	if (code >= 0)
		snprintf(client->job, sizeof client->job, "%s", job);
	client->api.message_unref(reply);
	return code;
}

static int watch_jobs(struct client *client)
{
	/* Only a message bus puts a sender into what it passes on. */
	const char *sender = client->has_daemon ? destination : NULL;

	*client->job = *client->result = '\0';
	return client->api.match_signal(client->bus, /* ret = */ NULL, sender, object, manager,
					"JobRemoved", job_removed, client);
}

/* --- a new scope --- */

static int append_strings(struct client *client, sd_bus_message *message,
			  const struct cgroup_property_value *value)
{
	/* The library takes char ** and changes nothing. */
	char **strings = (char **)(uintptr_t)value->strings;
	int code = client->api.open_container(message, 'v', "as");

	if (code >= 0)
		code = client->api.append_strv(message, strings);
	return code < 0 ? code : client->api.close_container(message);
}

/* One (sv) of the array of properties. */
static int append_property(struct client *client, sd_bus_message *message,
			   const struct cgroup_property *property, struct arena *arena)
{
	struct cgroup_property_value value;
	int code;

	if (cgroup_property_parse(property->value, arena, &value) < 0)
		return -EINVAL;
	code = client->api.open_container(message, 'r', "sv");
	if (code >= 0)
		code = client->api.append(message, "s", property->key);
	if (code < 0)
		return code;

	if (strcmp(value.signature, "as") == 0)
		code = append_strings(client, message, &value);
	else if (strcmp(value.signature, "s") == 0)
		code = client->api.append(message, "v", "s", value.strings[0]);
	else if (strcmp(value.signature, "t") == 0)
		code = client->api.append(message, "v", "t", value.number);
	else if (strcmp(value.signature, "i") == 0)
		code = client->api.append(message, "v", "i", (int32_t)(uint32_t)value.number);
	else
		code = client->api.append(message, "v", "b", (int)value.number);
	return code < 0 ? code : client->api.close_container(message);
}

static int append_properties(struct client *client, sd_bus_message *message,
			     const struct cgroup_scope *scope, pid_t pid)
{
	autoarena struct arena arena = {};
	int code = client->api.open_container(message, 'a', "(sv)");

	// clang-format off
	if (code >= 0) /* the types of all, then name, type and value of each */
		code = client->api.append(message, "(sv)(sv)(sv)(sv)(sv)(sv)",
			"Description", "s",  scope->description,
			"Slice",       "s",  scope->slice,
			"Delegate",    "b",  true,
			"TasksMax",    "t",  UINT64_MAX, /* pids.max is in the cgroup below */
			"CollectMode", "s",  "inactive-or-failed", /* leave no failed unit behind */
			"PIDs",        "au", 1, (uint32_t)pid);
	// clang-format on
	for (size_t i = 0; code >= 0 && i < scope->n_properties; i++)
		code = append_property(client, message, &scope->properties[i], &arena);
	return code < 0 ? code : client->api.close_container(message);
}

/* Negative errno, with @error filled by the caller's D-Bus. */
static int start_transient(struct client *client, const struct cgroup_scope *scope, pid_t pid,
			   sd_bus_error *error)
{
	sd_bus_message *message = NULL, *reply = NULL;
	int code = client->api.new_method_call(client->bus, &message, destination, object, manager,
					       "StartTransientUnit");

	if (code >= 0)
		code = client->api.append(message, "ss", scope->unit, "fail");
	if (code >= 0)
		code = append_properties(client, message, scope, pid);
	if (code >= 0)
		code = client->api.append(message, "a(sa(sv))", 0); /* no other units */
	if (code >= 0)
		code = client->api.call(client->bus, message,
					(uint64_t)JOB_TIMEOUT_MS * USEC_PER_MS, error, &reply);
	client->api.message_unref(message);
	return code < 0 ? code : remember_job(client, reply);
}

static void reset_failed(struct client *client, const char *unit)
{
	/* An answer of "not loaded" or "not failed" is as good. */
	(void)client->api.call_method(client->bus, destination, object, manager, "ResetFailedUnit",
				      NULL, NULL, "s", unit);
}

static int start_on(struct client *client, const struct cgroup_scope *scope, pid_t pid,
		    struct error *err)
{
	static const char exists[] = "org.freedesktop.systemd1.UnitExists";
	sd_bus_error error = SD_BUS_ERROR_NULL;
	int code = watch_jobs(client);

	if (code >= 0)
		code = start_transient(client, scope, pid, &error);
	if (code < 0 && is_error(&error, exists)) {
		client->api.error_free(&error);
		reset_failed(client, scope->unit);
		code = start_transient(client, scope, pid, &error);
	}
	if (code >= 0)
		return await_job(client, scope->unit, "start", err);

	const bool active = is_error(&error, exists);

	(void)failed(client, code, &error, scope->unit, "start", err);
	if (!active)
		return -1;
	err->kind = ERR_STATE;
	err->code = EEXIST;
	return error_remedy(err, "stop it with `systemctl stop %s`, or choose another id",
			    scope->unit);
}

int cgroup_scope_start(const struct cgroup_scope *scope, pid_t pid, struct error *err)
{
	struct client client = {};

	if (open_bus(&client, scope->user, err) < 0)
		return -1;

	const int result = start_on(&client, scope, pid, err);

	client.api.close(client.bus);
	return result;
}

/* --- its end --- */

static int stop_on(struct client *client, const char *unit, struct error *err)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *reply = NULL;
	int code = watch_jobs(client);

	if (code >= 0)
		code = client->api.call_method(client->bus, destination, object, manager,
					       "StopUnit", &error, &reply, "ss", unit, "replace");
	if (code < 0 && is_error(&error, "org.freedesktop.systemd1.NoSuchUnit")) {
		client->api.error_free(&error);
		return 0; /* a scope goes by itself when its last process does */
	}
	if (code >= 0)
		code = remember_job(client, reply);
	if (code < 0)
		return failed(client, code, &error, unit, "stop", err);
	if (await_job(client, unit, "stop", err) < 0)
		return -1;
	reset_failed(client, unit);
	return 0;
}

int cgroup_scope_stop(const char *unit, bool user, struct error *err)
{
	struct client client = {};

	if (open_bus(&client, user, err) < 0)
		return -1;

	const int result = stop_on(&client, unit, err);

	client.api.close(client.bus);
	return result;
}
