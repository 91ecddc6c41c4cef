summary c7a, m7a, r7a: EPYC Genoa (Zen 4), every vCPU a core
match cloud=ec2 family=c7a,m7a,r7a,hpc7a
match cloud=ec2 cpu=amd-25-17,amd-25-160

io-threads granted                                     # every vCPU is a core of its own, so each gets a worker
io-threads granted-1 when granted>=8                   # one core is left to the interrupts of the network card and to the saver
worker-pinning yes when granted>=8                     # eight cores share an L3: a worker that moves to another eight starts cold
event-loop auto                                        # io_uring where the kernel has it (6.1 and newer) and lets us: a turn costs one system call then; else epoll
prefetch-batch-max-size 16                             # Zen 4 follows 24 misses at once
tcp-backlog 4096 when granted>=8                       # many workers have many clients, which come back all at once; the kernel's somaxconn still caps it
save-threads 2 when granted>=16                        # one thread encodes less than a disk of such a machine takes
save-threads 4 when granted>=48                        # the same; more threads would wait for the one file
allocator-decay-ms 5000 when memory-gib>=64            # with much memory free, fewer calls to give pages back cost less than the pages
slab-hugepages yes when memory-gib>=32 and page-kib=4  # a large keyspace misses the TLB at every key; nothing forks here, so 2 MB pages cost no copies
host.rps on when granted>=16                           # the card has 8 queues by default: the other CPUs get their share of packets in software
host.irq spread when granted>=4                        # one queue a CPU, so that no core takes the interrupts of two
host.thp madvise                                       # the server asks for huge pages where they help; elsewhere they cost memory
host.adaptive-rx on                                    # throughput: the ENA driver batches interrupts as the load asks; off is for lowest latency only
host.busy-poll 50 when granted>=16                     # saves the interrupt for small requests; only with CPUs to spare
host.numa-balancing off when numa-nodes>=2              # all workers share one keyspace: pages that wander between nodes only fault
