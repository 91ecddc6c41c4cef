# Neighbours share the CPUs, so nothing is pinned and nothing is polled.
summary a container on a machine that is not known
match container=yes

io-threads granted  # what quota, affinity and cpuset really grant
event-loop auto     # io_uring if a system call is dear here and the container allows it, else epoll
host.thp madvise    # to be set on the host: the server asks for huge pages where they help
