/* The face of libs/base: strings, arenas, lists, scope cleanup. */
#pragma once

#include <base/arena.h>
#include <base/cleanup.h>
#include <base/list.h>
#include <base/str.h>
