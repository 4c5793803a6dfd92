# Which sshd takes connections here, and the options that it was started with, such as another configuration file (`sshd -f`). Reading only.
# shellcheck shell=sh disable=SC2034,SC2086,SC2154,SC3067

sshd_folder=/etc/ssh/sshd_config.d

# Sets $sshd_main, its configuration file, and $sshd_file, what that leads to where it is a link; $sshd_options, one word a line; $sshd_pid, 0 where none runs; $sshd_unit, empty where it has none;
# $sshd_socket, where systemd listens for it.
find_sshd() {
  sshd_unit='' sshd_pid=0 sshd_socket='' started='' environment='' environment_files='' each='' each_taken=''
  if has systemctl; then
    id='' loaded='' active='' pid=0 accept='' argv='' variables='' files=''
    while IFS= read -r line; do
      case $line in
        Id=*) id=${line#*=} ;;
        LoadState=*) loaded=${line#*=} ;;
        ActiveState=*) active=${line#*=} ;;
        MainPID=*) pid=${line#*=} ;;
        Accept=*) accept=${line#*=} ;;
        ExecStart=*) argv=${line#*argv\[\]=} argv=${argv%% ;*} ;;
        Environment=*) variables=${line#*=} ;;
        EnvironmentFiles=*) files="$files ${line#*=}" ;;
        '')
          case $id:$loaded:$active in
            *.socket:loaded:active)
              sshd_socket=$id
              [ "$accept" != yes ] || each=${id%.socket}@0.service
              ;;
            "$each":loaded:*) take_each ;;
            # The socket's template may be a link to the other.
            *@0.service:loaded:*) [ -z "$each" ] || [ -n "$each_taken" ] || take_each ;;
            *@0.service:*) ;;
            *.service:loaded:*) take_unit ;;
          esac
          id='' loaded='' active='' pid=0 accept='' argv='' variables='' files=''
          ;;
      esac
    done <<END
$(systemctl show --property=Id,LoadState,ActiveState,Accept,MainPID,ExecStart,Environment,EnvironmentFiles ssh.socket sshd.socket \
  ssh@0.service sshd@0.service ssh.service sshd.service 2>/dev/null)

END
  fi
  [ "$sshd_pid" != 0 ] || take_process /run/sshd.pid
  [ "$sshd_pid" != 0 ] || take_ours
  read_options "$(started_words)"
  sshd_file=$sshd_main
  [ ! -L "$sshd_main" ] || sshd_file=$(readlink -f "$sshd_main")
}

# Started anew for each connection, by the template of its socket's name (Accept= in systemd.socket(5)); an instance shows what the template and
# its drop-ins say. None of them has to be told of anything.
take_each() {
  started=$argv environment=$variables environment_files=$files each_taken=yes
}

# The unit that runs, or else the first that is there.
take_unit() {
  if [ -n "$each_taken" ] && [ "$pid" = 0 ]; then return 0; fi
  if [ "$sshd_pid" != 0 ] || { [ "$pid" = 0 ] && [ -n "$sshd_unit" ]; }; then return 0; fi
  sshd_unit=$id sshd_pid=$pid started=$argv environment=$variables environment_files=$files
}

# One that something else has started, or a unit of another name.
take_process() { # PIDFILE
  pid=$(running_sshd "$1") || return 0
  take_pid "$pid"
}

# Where no PID file names one (PidFile in sshd_config(5)): the one that listens, above the session by which we have come.
take_ours() {
  above=$$
  while [ "$above" -gt 1 ] && limit_process "$above"; do
    above=$its_parent
    is_root_sshd "$above" || continue
    case $(tr '\0' ' ' 2>/dev/null <"/proc/$above/cmdline") in
      'sshd: '*' [listener] '*) take_pid "$above"; return 0 ;;
    esac
  done
}

take_pid() { # PID
  pid=$1 sshd_pid=$1 sshd_unit=''
  unit=$(sed -n 's/^0::.*\/\([^/]*\.service\)$/\1/p' "/proc/$pid/cgroup" 2>/dev/null)
  if [ -n "$unit" ] && [ "$(systemctl show --property=MainPID --value "$unit" 2>/dev/null)" = "$pid" ]; then sshd_unit=$unit; fi
}

running_sshd() { # PIDFILE: prints the PID in it, when that is an sshd, and root's: whose else it is, he chooses what its title says
  [ -r "$1" ] && read -r pid <"$1" && is_root_sshd "$pid" && echo "$pid"
}

is_root_sshd() { # PID
  [ -O "/proc/$1" ] && read -r comm 2>/dev/null <"/proc/$1/comm" && [ "$comm" = sshd ]
}

# The words that it was started with. A running one tells them in its title: `sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups`.
started_words() {
  if [ "$sshd_pid" != 0 ] && title=$(tr '\0' ' ' 2>/dev/null <"/proc/$sshd_pid/cmdline") && [ -n "$title" ]; then
    echo "${title%% \[listener\]*}"
    return 0
  fi
  set -f
  for word in $started; do
    case $word in
      '$'*) variable=${word#?}; variable=${variable#\{}; variable_of "${variable%\}}" ;;
      *) printf '%s ' "$word" ;;
    esac
  done
  set +f
}

variable_of() { # NAME: its value, as systemd gives it to the unit: the last file that sets it counts
  value=''
  for word in $environment; do
    case $word in "$1="*) value=${word#*=} ;; esac
  done
  for file in $environment_files; do
    [ -r "$file" ] || continue
    set_there=$(sed -n "s/^[[:space:]]*$1=//p" "$file" | tail -n 1 | tr -d "\"'")
    value=${set_there:-$value}
  done
  printf '%s ' "$value"
}

read_options() { # WORDS: those that change what its configuration is, see sshd(8)
  sshd_main=/etc/ssh/sshd_config sshd_options=''
  set -f
  set -- $1 --
  set +f
  while [ "$1" != -- ]; do
    case $1 in
      -[46DdeGiqrtT]?*)
        # Several letters in one word.
        rest=-${1#-?}
        shift
        set -- "$rest" "$@"
        continue
        ;;
      -[fop]) letter=$1 value=$2; shift ;;
      -[fop]*) letter=${1%"${1#-?}"} value=${1#-?} ;;
      -[bCcEghku]) letter='' value=''; shift ;;
      *) letter='' value='' ;;
    esac
    [ "$1" = -- ] || shift
    case $letter in
      -f)
        case $value in /*) sshd_main=$value ;; *) sshd_main=/$value ;; esac
        value=$sshd_main
        ;;
      -o)
        # A title does not tell where a value with spaces ends.
        while case $1 in -*) false ;; esac do
          value="$value $1"
          shift
        done
        ;;
    esac
    [ -z "$letter" ] || sshd_options="$sshd_options$letter
$value
"
  done
}

# sshd with the options of the one that takes connections.
ask_sshd() (
  set -f
  IFS='
'
  exec sshd ${sshd_options-} "$@"
)

# Our lines in its configuration file, where nothing else brings our drop-ins first. No comment behind the Include: before 8.7 sshd takes its
# words for further files.
our_include="Include $sshd_folder/10-ssh-tunnels*.conf"
our_include_pattern='^Include /etc/ssh/sshd_config\.d/10-ssh-tunnels\*\.conf$'
our_include_mark='# Made by cdktf-ssh-tunnels; this and the next line go with the last drop-in of ours'

brings_ours() { # FILE
  grep -qsxF "$our_include" "$1"
}

has_drop_ins() {
  for drop_in in "$sshd_folder"/10-ssh-tunnels*.conf; do
    if [ -e "$drop_in" ]; then return 0; fi
  done
  return 1
}

# The files that have it.
find_includes() {
  for file in "$sshd_main" /etc/ssh/sshd_config; do
    ! brings_ours "$file" || echo "$file"
  done | sort -u
}
