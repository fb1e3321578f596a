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
	local text=a
	[[ $text == b ]]
	true
}

@test "arithmetic" {
	local number=1
	((number == 2))
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
	local text=a
	[[ $text == b ]]
}
