# Gives back what it is given: whether much of it comes through.
# shellcheck shell=sh
cat
