# Runs one statement at the other end of a line and ends it when the line is cut.
#
# It is sent as the text of a bash -c, so it is the same for every statement and holds nothing
# of any. What to run, and with which environment, comes down standard input as texts that each
# end in NUL; then a byte comes now and then as long as somebody is there. No byte for a while, or
# the end of the input, means nobody is: the statement and all it started are killed.
#
# The output of the statement begins after a line that holds the nonce: what comes before that is
# what the login itself had to say.
#
# It may hold no single quote, since it travels in a pair of them.
LC_ALL=C
exec 3<&0 4>&2 </dev/null 2>/dev/null
trap "" PIPE HUP
tether_names=() tether_values=() tether_words=()
tether_home= tether_group=

tell() { printf "%s\n" "$*" >&4; }
take() { IFS= read -r -d "" -u 3 "tether_$1"; }

# A group of its own, where the kernel lets us make one: nothing gets out of that.
make_group() {
  local root path
  while IFS=: read -r root _ path; do [[ $root == 0 ]] && break; done </proc/self/cgroup
  for root in /sys/fs/cgroup /sys/fs/cgroup/unified; do
    [[ -w $root$path/cgroup.procs ]] || continue
    mkdir "$root$path/tocsin-$tether_mark" || continue
    tether_home=$root$path tether_group=$root$path/tocsin-$tether_mark
    return
  done
}

# What lives on was left behind on purpose: it goes where it would have been without us.
leave_group() {
  local id
  for id in $(<"$tether_group/cgroup.procs"); do printf "%s\n" "$id" >"$tether_home/cgroup.procs"; done
  rmdir "$tether_group"
}

# A process, its children and theirs, as far as they live.
kin() {
  local id path stat kids
  for id in "$@"; do
    read -r stat <"/proc/$id/stat" && [[ ${stat##*) } != [ZX]* ]] && printf "%s " "$id"
    for path in "/proc/$id/task/"*/children; do
      kids=()
      read -r -a kids <"$path"
      kin "${kids[@]}"
    done
  done
}

# Everything of the statement: its group, its descendants, and what carries its mark.
members() {
  local path seen
  [[ $tether_group ]] && printf "%s " $(<"$tether_group/cgroup.procs")
  kin "$tether_step"
  for path in /proc/[0-9]*/environ; do
    mapfile -d "" -t seen <"$path" || continue
    [[ " ${seen[*]} " == *" TOCSIN_STEP=$tether_mark "* ]] || continue
    path=${path#/proc/}
    printf "%s " "${path%/*}"
  done
}

end_all() {
  local try found
  for ((try = 0; try < 200; try++)); do
    found=$(members)
    [[ ${found// /} ]] || return
    kill -KILL $found
  done
}

watch() {
  local beat
  while IFS= read -r -N 1 -t "$tether_patience" -u 3 beat; do :; done
  trap "" TERM
  tell "$tether_nonce cut"
  end_all
}

statement() {
  local at
  trap - PIPE HUP
  exec 3<&- 4>&- 2>&1
  [[ $tether_group ]] && printf "%s\n" "$BASHPID" >"$tether_group/cgroup.procs"
  cd -- "$tether_directory" || exit 126
  for ((at = 0; at < ${#tether_names[@]}; at++)); do
    export "${tether_names[at]}=${tether_values[at]}" || exit 126
  done
  unset -v OLDPWD
  export TOCSIN_STEP="$tether_mark"
  exec -- "${tether_words[@]}"
}

tell tether 1
take nonce && take mark && take patience && take leave && take directory && take count || exit 1
while ((tether_count-- > 0)); do
  take name && take value || exit 1
  tether_names+=("$tether_name") tether_values+=("$tether_value")
done
take count || exit 1
while ((tether_count-- > 0)); do
  take word || exit 1
  tether_words+=("$tether_word")
done
take whole && [[ $tether_whole == "$tether_nonce" ]] || exit 1

make_group
printf "%s\n" "$tether_nonce" # what came before is the own words of the login, not chatter
statement &
tether_step=$!
tell "$tether_nonce started"
watch &
tether_watch=$!
wait "$tether_step"
tether_status=$?
kill -TERM "$tether_watch"
wait "$tether_watch"
[[ $tether_leave ]] || end_all
[[ $tether_group ]] && leave_group
tell "$tether_nonce ended $tether_status"
