summary a machine that is not known
match any

io-threads granted  # what quota, affinity and cpuset really grant
event-loop epoll    # on the kernels measured io_uring ties without pipelines and loses with them
host.thp madvise    # the server asks for huge pages where they help; elsewhere they cost memory
