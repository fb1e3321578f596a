#!/usr/bin/env bats
# Tests of which each must fail: tests/build/failures. common.bash takes the place of how bats notes failures.
load common

helper() {
	false
	true
}

@test "a command in the middle" {
	false
	true
}

@test "a command of a function" {
	helper
	true
}

@test "a condition" {
	[[ a == b ]]
	true
}

@test "arithmetic" {
	((1 == 2))
	true
}

@test "an assertion" {
	is a b
	true
}

@test "a command that must succeed" {
	succeeds false
	true
}

@test "a substitution" {
	local text
	text=$(false)
	true "$text"
}

@test "the last command" {
	[[ a == b ]]
}
