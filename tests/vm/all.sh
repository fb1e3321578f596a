cd /brig
ls tests/integration/*.bats tests/attack/*.bats tests/fault/*.bats | xargs -P2 -n1 bash -c 'bats --timing $0 >/tmp/$(basename $0).log 2>&1; echo "# $0"; cat /tmp/$(basename $0).log'
