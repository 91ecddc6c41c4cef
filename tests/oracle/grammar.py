# SPDX-License-Identifier: BSD-3-Clause
"""The commands the oracle sends, as data.

A line of COMMANDS:  weight  level  mode  pattern
  level  7: a stock Redis 7.0 has the command, 9: only Valkey 9.1 (and Skarn) has it
  mode   how two replies are compared, see compare.py
Patterns: lower-case words stand for themselves, <name> is made by the generator of that name
(generator.py), [ ... ] is optional, ( a | b ) a choice, ( ... )+ one to three times. `word@9`
exists only at level 9.
"""

EXPIRY = "ex <secs> | px <ms> | exat <at> | pxat <atms>"

COMMANDS = f"""
# Strings
6 7 exact    set <skey> <val>
3 7 exact    set <nkey> <int>
6 7 exact    set <skey> <val> [ nx | xx | ifeq@9 <val> ] [ get ] [ {EXPIRY} | keepttl ]
1 7 exact    set <skey> <val> [ {EXPIRY} | keepttl | persist ] [ xx | ifeq@9 <val> ] [ nx ] [ get ]
6 7 exact    get <skey>
2 7 exact    getset <skey> <val>
2 7 exact    getdel <skey>
3 7 exact    getex <skey> [ {EXPIRY} | persist ]
1 7 exact    getex <skey> [ {EXPIRY} ] [ persist | keepttl ]
2 7 exact    setex <skey> <secs> <val>
2 7 exact    psetex <skey> <ms> <val>
2 7 exact    setnx <skey> <val>
4 7 exact    append <skey> <val>
3 7 exact    setrange <skey> <offset> <val>
3 7 exact    getrange <skey> <index> <index>
2 7 exact    substr <skey> <index> <index>
2 7 exact    strlen <skey>
3 7 exact    mget ( <skey> )+
3 7 exact    mset ( <skey> <val> )+
2 7 exact    msetnx ( <key> <val> )+
3 9 exact    msetex <keyvalues> [ nx | xx ] [ {EXPIRY} | keepttl ]
1 9 exact    msetex <keyvalues> [ {EXPIRY} | keepttl ] [ nx | xx ] [ get ]
2 9 exact    delifeq <skey> <val>
4 7 exact    incr <nkey>
3 7 exact    decr <nkey>
4 7 exact    incrby <nkey> <int>
3 7 exact    decrby <nkey> <int>
4 7 exact    incrbyfloat <nkey> <float>
2 7 exact    set <lkey> <word>
2 7 exact    lcs <lkey> <lkey> [ len ] [ idx ] [ minmatchlen <index> ] [ withmatchlen ]
# Bitmaps
5 7 exact    setbit <bkey> <bit> ( 0 | 1 )
1 7 exact    setbit <bkey> <bit> <int>
3 7 exact    getbit <bkey> <bit>
3 7 exact    bitcount <bkey> [ <index> <index> [ byte | bit ] ]
1 9 exact    bitcount <bkey> <index> [ <index> <index> ]
3 7 exact    bitpos <bkey> ( 0 | 1 ) [ <index> [ <index> [ byte | bit ] ] ]
1 7 exact    bitpos <bkey> <int> [ <index> ]
3 7 exact    bitop ( and | or | xor ) <bkey> ( <bkey> )+
2 7 exact    bitop not <bkey> <bkey>
1 7 exact    bitop ( not | nand ) <bkey> ( <skey> )+
3 7 exact    set <bkey> <val>
4 7 exact    bitfield <bkey> <bitfields>
2 7 exact    bitfield_ro <bkey> ( get <bits> <bitindex> )+
1 7 exact    bitfield_ro <bkey> <bitfields>
# Hashes
8 7 exact    hset <hkey> ( <field> <hval> )+
2 7 exact    hset <hkey> <manyfields>
2 7 exact    hmset <hkey> ( <field> <hval> )+
3 7 exact    hsetnx <hkey> <field> <hval>
4 7 exact    hget <hkey> <field>
3 7 exact    hmget <hkey> ( <field> )+
3 7 pairs    hgetall <hkey>
2 7 set      hkeys <hkey>
2 7 set      hvals <hkey>
2 7 exact    hlen <hkey>
2 7 exact    hstrlen <hkey> <field>
2 7 exact    hexists <hkey> <field>
5 7 exact    hdel <hkey> ( <field> )+
1 7 exact    hdel <hkey> <fieldlist>
3 7 exact    hincrby <hkey> <nfield> <int>
3 7 exact    hincrbyfloat <hkey> <nfield> <float>
2 7 shape    hrandfield <hkey> [ <count> [ withvalues ] ]
1 7 any      hscan <hkey> <cursor> [ match <pattern> ] [ count <index> ] [ novalues@9 ]
5 9 exact    hsetex <hkey> [ nx | xx ] [ fnx | fxx ] [ {EXPIRY} | keepttl ] <fieldvalues>
1 9 exact    hsetex <hkey> [ {EXPIRY} ] [ fnx | fxx ] [ fxx ] [ persist | keepttl ] <fieldvalues>
4 9 exact    hgetex <hkey> [ {EXPIRY} | persist ] <fields>
1 9 exact    hgetex <hkey> [ {EXPIRY} ] [ persist | keepttl ] <fields>
3 9 exact    hgetdel <hkey> <fields>
4 9 exact    hexpire <hkey> <secs> [ nx | xx | gt | lt ] <fields>
4 9 exact    hpexpire <hkey> <ms> [ nx | xx | gt | lt ] <fields>
3 9 exact    hexpireat <hkey> <at> [ nx | xx | gt | lt ] <fields>
3 9 exact    hpexpireat <hkey> <atms> [ nx | xx | gt | lt ] <fields>
3 9 exact    hpersist <hkey> <fields>
3 9 seconds  httl <hkey> <fields>
2 9 millis   hpttl <hkey> <fields>
2 9 seconds  hexpiretime <hkey> <fields>
2 9 millis   hpexpiretime <hkey> <fields>
# Keys
5 7 exact    del ( <key> )+
2 7 exact    unlink ( <key> )+
3 7 exact    exists ( <key> )+
2 7 exact    touch ( <key> )+
3 7 exact    type <key>
4 7 exact    expire <key> <secs> [ nx | xx | gt | lt ]
3 7 exact    pexpire <key> <ms> [ nx | xx | gt | lt ]
3 7 exact    expireat <key> <at> [ nx | xx | gt | lt ]
3 7 exact    pexpireat <key> <atms> [ nx | xx | gt | lt ]
1 7 exact    expire <key> <secs> ( nx | xx | gt | lt )+
4 7 seconds  ttl <key>
3 7 millis   pttl <key>
2 7 seconds  expiretime <key>
2 7 millis   pexpiretime <key>
3 7 exact    persist <key>
3 7 exact    rename <key> <key>
2 7 exact    renamenx <key> <key>
4 7 exact    copy <key> <key> [ db <db> ] [ replace ]
2 7 exact    move <key> <db>
2 7 set      keys <pattern>
1 7 shape    randomkey
1 7 any      scan <cursor> [ match <pattern> ] [ count <index> ] [ type ( string | hash | what@9 ) ]
4 7 exact    object encoding <key>
1 7 exact    object ( freq | refcount | what ) <missing>
1 7 any      object idletime <missing>
1 7 exact    object freq <key>
1 7 exact    restore <key> <ms> <val> [ replace ] [ absttl ] [ idletime <secs> ] [ freq <int> ]
# Databases and the connection
3 7 exact    select <db>
1 7 exact    swapdb <db> <db>
1 7 exact    flushdb [ async | sync | what ]
1 7 exact    ping [ <val> ]
1 7 exact    echo <val>
1 7 exact    nosuchcommand [ <val> ] [ <int> ]
1 7 exact    config set hash-max-listpack-entries ( 0 | 4 | 128 | 512 )
1 7 exact    config set hash-max-listpack-value ( 0 | 8 | 64 | 1000 )
# Transactions (beside the whole ones which generator.py makes). Inside MULTI, Redis 7.0 refuses
# WATCH and MULTI without spoiling the transaction.
1 9 exact    multi
1 7 exec     exec
1 7 exact    discard
1 9 exact    watch ( <key> )+
1 7 exact    unwatch
"""
