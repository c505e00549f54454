/* What a call must answer. For fixtures that have a `struct cx *cx`. */
#ifndef SUPPORT_EXPECT_H
#define SUPPORT_EXPECT_H

#include <check.h>

#include "base/cx.h"

#define ok(call)                                                               \
	do {                                                                   \
		enum err e_ = (call);                                          \
		ck_assert_msg(!e_, "%s: %s: %s", #call, err_name(e_),          \
			      cx->why);                                        \
	} while (0)

/* This failure, with a reason; it is cleared. */
#define fails(code, call)                                                      \
	do {                                                                   \
		enum err e_ = (call);                                          \
		ck_assert_msg(e_ == (code), "%s: %s, not %s: %s", #call,       \
			      err_name(e_), err_name(code), cx->why);          \
		ck_assert_msg(cx->why[0], "no reason recorded");               \
		cx_clear(cx);                                                  \
	} while (0)

#endif
