summary a machine that is not known
match any

io-threads granted  # what quota, affinity and cpuset really grant
event-loop auto     # io_uring where a system call is dear, as measured at the start: a turn costs one then; else epoll
host.thp madvise    # the server asks for huge pages where they help; elsewhere they cost memory
