/*
 * Results as JUnit's XML, as CI systems read it: a failure and a timeout are <failure>, an error
 * of the host is <error>. Elements: the schema of the Ant task "JUnitReport".
 */
#pragma once

#include "test/suite.h"

struct str junit_text(struct arena *a, const struct outcomes *outcomes);
