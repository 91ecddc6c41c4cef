# Neighbours share the CPUs, so nothing is pinned and nothing is polled.
summary a container on a machine that is not known
match container=yes

io-threads granted  # what quota, affinity and cpuset really grant
event-loop epoll    # the usual seccomp profiles forbid io_uring
host.thp madvise    # to be set on the host: the server asks for huge pages where they help
