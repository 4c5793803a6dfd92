#!/bin/sh
# Debian brings its scripts of sysvinit, which OpenRC runs too; those of a real machine have nothing to do in a container.
for service in netfilter-persistent ssh; do rc-update add "$service" default; done
# A container has no terminals of its own.
sed -i '/getty/d' /etc/inittab
