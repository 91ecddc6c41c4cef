summary a machine that is not known
match any

io-threads granted  # what quota, affinity and cpuset really grant
event-loop auto     # io_uring where the kernel has it (6.1 and newer) and lets us: a turn costs one system call then; else epoll
host.thp madvise    # the server asks for huge pages where they help; elsewhere they cost memory
