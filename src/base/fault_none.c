/* base/fault_none.c: the build that users have: no step of brig can be made to fail */
#include "base/fault.h"

void fault_point(const char *)
{
}
