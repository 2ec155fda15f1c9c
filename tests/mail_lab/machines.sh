#!/bin/bash
# Makes the lab's network and machines inside the namespaces that it is started in, and starts the name servers.
# $1: a folder for everything that is not below a machine's own /etc, /var or /run.
#
# A machine is a network, mount and host-name namespace: it has its own /etc, /var and /run over those of the system, so
# that files lie at their usual paths and nothing of the system is touched. All of it ends with the first process.
set -euo pipefail
W=$1

# -- this namespace: no device nor runtime file of the system is written to
mount -t tmpfs tmpfs /run
mkdir -p $W/dev
mount -t tmpfs tmpfs $W/dev
for node in null zero full random urandom tty; do
    touch $W/dev/$node
    mount --bind /dev/$node $W/dev/$node
done
ln -s /proc/self/fd $W/dev/fd
mkdir $W/dev/shm
touch $W/dev/log
mount --move $W/dev /dev
mkdir -p $W/layers
mount -t tmpfs tmpfs $W/layers
mkdir -p $W/layers/etc/up $W/layers/etc/work
mount -t overlay overlay -o lowerdir=/etc,upperdir=$W/layers/etc/up,workdir=$W/layers/etc/work /etc

# -- the network: one bridge, every machine an end of it
ip link set lo up
ip link add lab0 type bridge
ip link set lab0 up
machine() { # NAME HOST ADDRESS...
    local name=$1 host=$2
    shift 2
    ip netns add $name
    ip link add to-$name type veth peer name eth0 netns $name
    ip link set to-$name master lab0 up
    ip -n $name link set lo up
    for address; do ip -n $name addr add $address/32 dev eth0; done
    ip -n $name link set eth0 up
    ip -n $name route add default dev eth0
    # The name server's address is the resolver of everybody.
    ip netns exec $name unshare -m -u --propagation private sh -c "
        hostname $host
        H=$W/layers/$name
        mkdir -p \$H/etc/up \$H/etc/work \$H/var/up \$H/var/work \$H/run
        mount -t overlay overlay -o lowerdir=/etc,upperdir=\$H/etc/up,workdir=\$H/etc/work /etc
        mount -t overlay overlay -o lowerdir=/var,upperdir=\$H/var/up,workdir=\$H/var/work /var
        mount -t tmpfs tmpfs /run
        # As tmpfiles.d makes them at boot.
        for daemon in opendkim opendmarc; do mkdir -p /run/\$daemon; chown \$daemon:\$daemon /run/\$daemon; done
        mkdir -p /run/dovecot /run/rspamd
        echo 'nameserver 203.0.113.54' >/etc/resolv.conf
        printf '127.0.0.1 localhost\n$1 $host\n' >/etc/hosts
        echo $host >/etc/hostname
        echo $host >/etc/mailname
        echo \$\$ >$W/$name.pid
        exec sleep infinity" &
}
machine dns ns1.example.com 203.0.113.53 203.0.113.54
machine sender mail.example.com 192.0.2.10
machine receiver mx.example.com 198.51.100.20
machine attacker mail.example.org 192.0.2.66
for name in dns sender receiver attacker; do
    for _ in $(seq 500); do [ -s $W/$name.pid ] && break; sleep 0.01; done
    [ -s $W/$name.pid ]
done
on() { local pid; pid=$(cat $W/$1.pid); shift; nsenter -t $pid -n -m -u "$@"; }

# -- name servers: PowerDNS for the zones, unbound as everybody's resolver; all other names do not exist
D=$W/names
mkdir -p $D
sqlite3 $D/pdns.sqlite3 </usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql
cat >$D/pdns.conf <<X
launch=gsqlite3
gsqlite3-database=$D/pdns.sqlite3
local-address=203.0.113.53
socket-dir=$D
daemon=no
guardian=no
disable-syslog=yes
loglevel=4
api=yes
api-key=lab-key-52c1
webserver=yes
webserver-address=203.0.113.53
webserver-port=8081
webserver-allow-from=0.0.0.0/0
cache-ttl=0
query-cache-ttl=0
negquery-cache-ttl=0
zone-cache-refresh-interval=0
security-poll-suffix=
X
cat >$D/unbound.conf <<X
server:
  interface: 203.0.113.54
  access-control: 0.0.0.0/0 allow
  do-daemonize: no
  username: ""
  chroot: ""
  directory: "$D"
  pidfile: "$D/unbound.pid"
  use-syslog: no
  logfile: "$D/unbound.log"
  module-config: "iterator"
  do-ip6: no
  # Nobody waits for a record that was asked for before it was there.
  cache-max-ttl: 0
  cache-max-negative-ttl: 0
  local-zone: "." static
  local-zone: "example.com." transparent
  local-zone: "example.org." transparent
  # A record that there is no answer about.
  local-zone: "_dmarc.closed.example.org." refuse
stub-zone:
  name: "example.com"
  stub-addr: 203.0.113.53
stub-zone:
  name: "example.org"
  stub-addr: 203.0.113.53
X
zone() { # ZONE, records on standard input
    { printf '$TTL 60\n@ IN SOA ns1.example.com. hostmaster.example.com. 1 3600 600 86400 1\n@ IN NS ns1.example.com.\n'; cat; } >$D/$1.zone
    pdnsutil --config-dir=$D load-zone $1 $D/$1.zone >/dev/null 2>&1
}
zone example.com <<X
ns1 IN A 203.0.113.53
X
zone example.org <<X
mail IN A 192.0.2.66
@ IN TXT "v=spf1 ip4:192.0.2.66 -all"
X
on dns pdns_server --config-dir=$D >$D/pdns.log 2>&1 &
on dns unbound -d -c $D/unbound.conf >$D/unbound.out 2>&1 &
for _ in $(seq 500); do
    on sender dig +short +time=1 +tries=1 @203.0.113.54 ns1.example.com 2>/dev/null | grep -q 203.0.113.53 && break
    sleep 0.02
done
on sender dig +short @203.0.113.54 ns1.example.com | grep -q 203.0.113.53

# -- what an administrator has done before authentication comes into it: a Postfix that sends, one that receives
base() { # MACHINE
    on $1 sh -c 'cat >/etc/postfix/main.cf' <<X
compatibility_level = 3.6
maillog_file = /var/log/mail.log
inet_protocols = ipv4
alias_maps =
alias_database =
mydestination =
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, permit_sasl_authenticated, defer_unauth_destination
# A lab does not wait for the next try.
minimal_backoff_time = 5s
smtpd_client_connection_rate_limit = 0
anvil_rate_time_unit = 1s
X
}
base sender
base receiver
on sender sh -c "printf 'myhostname = mail.example.com\nmyorigin = example.com\nsmtp_bind_address = 192.0.2.10\n' >>/etc/postfix/main.cf"
on receiver sh -c "cat >>/etc/postfix/main.cf; mkdir -p /var/vmail; chown 5000:5000 /var/vmail" <<X
myhostname = mx.example.com
virtual_mailbox_domains = example.com
virtual_mailbox_base = /var/vmail
virtual_mailbox_maps = static:inbox/
virtual_uid_maps = static:5000
virtual_gid_maps = static:5000
X
for name in sender receiver; do on $name sh -c 'rm -f /etc/opendkim.conf /etc/opendmarc.conf; rm -rf /var/spool/postfix/opendkim /var/spool/postfix/opendmarc'; done
