# Neighbours share the CPUs, so nothing is pinned and nothing is polled.
summary a container on a machine that is not known
match container=yes

io-threads granted  # what quota, affinity and cpuset really grant
event-loop auto     # io_uring if the container allows it (many do not): a turn costs one system call then; else epoll
host.thp madvise    # to be set on the host: the server asks for huge pages where they help
