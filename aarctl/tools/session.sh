# What runs before and after each command of a researcher's shell; see session.py.
#
#   $2  the call, which marks the session that it leaves
#   $3  "fresh" for a new session, else "kept"
#   $4  how many outputs are kept
#   standard input: the command
#
# The session's own PATH, functions, aliases and options may be anything: whatever runs while they hold is a builtin
# by name, or found by `command -p`. The command itself is evaluated by the caller, so that its lines count from one.

__aarctl_call=$2 __aarctl_session=$3 __aarctl_outputs=$4 __aarctl_root=$PWD __aarctl_here=$PWD/.aarctl
set --
IFS= read -r -d '' __aarctl_command
exec </dev/null

{
  mkdir -p "$__aarctl_here/shell"
  : >"$__aarctl_here/shell/session.new" # now, whatever umask the session has
  [[ -e $__aarctl_here/.gitignore ]] || echo '*' >"$__aarctl_here/.gitignore"
} 2>/dev/null

# Outputs that were too long for an answer: the newest are kept.
__aarctl_found=("$__aarctl_here"/outputs/*)
if ((${#__aarctl_found[@]} > __aarctl_outputs)); then
  (cd "$__aarctl_here/outputs" && ls -1t | tail -n "+$((__aarctl_outputs + 1))" | xargs rm -f --) 2>/dev/null
fi
unset __aarctl_found

# Every variable as it stands without a session: only what differs belongs to one. Bash's own are nobody's.
__aarctl_own='^(_|__aarctl_.*|BASH.*|COMP_.*|DIRSTACK|EPOCH.*|EUID|FUNCNAME|GROUPS|HISTCMD|LINENO|PIPESTATUS|PPID|PWD'
__aarctl_own+='|RANDOM|READLINE_.*|SECONDS|SHELLOPTS|SHLVL|SRANDOM|UID)$'
declare -A __aarctl_given=()
mapfile -t __aarctl_names < <(compgen -v)
for __aarctl_name in "${__aarctl_names[@]}"; do
  [[ $__aarctl_name =~ $__aarctl_own ]] || __aarctl_given[$__aarctl_name]=${!__aarctl_name@A}
done

__aarctl_save() {
  builtin local "__aarctl_status=$?" "__aarctl_file=$__aarctl_here/shell/session" __aarctl_at=. __aarctl_name
  builtin unset -f __aarctl_save
  [[ -d $__aarctl_here/shell ]] || builtin command -p mkdir -p "$__aarctl_here/shell" || builtin return "$__aarctl_status"
  [[ $PWD == "$__aarctl_root" ]] || __aarctl_at=$PWD
  {
    builtin printf '# %s %q\n' "$__aarctl_call" "$__aarctl_at"
    builtin printf '__aarctl_options() {\n'
    builtin set +o # before our own, and not in a subshell, where some are others
    builtin shopt -p expand_aliases
    builtin printf '}\nbuiltin cd -- %q || __aarctl_gone=%q\n' "$PWD" "$PWD"
    builtin set +aefuvx +o posix
    builtin shopt -u expand_aliases # neither here nor when the file is read
    builtin umask -p
    builtin shopt -p
    builtin shopt -u nocasematch
    builtin mapfile -t __aarctl_names < <(builtin compgen -v)
    for __aarctl_name in "${__aarctl_names[@]}"; do
      [[ $__aarctl_name =~ $__aarctl_own ]] || [[ ${__aarctl_given[$__aarctl_name]-} == "${!__aarctl_name@A}" ]] ||
        builtin declare -p -- "$__aarctl_name"
    done
    for __aarctl_name in "${!__aarctl_given[@]}"; do
      [[ -v $__aarctl_name ]] || builtin printf 'builtin unset -v %q\n' "$__aarctl_name"
    done
    builtin declare -f
    builtin export -pf
    builtin alias -p
    builtin printf '__aarctl_whole=yes\n'
  } >|"$__aarctl_file.new" && builtin command -p mv -f -- "$__aarctl_file.new" "$__aarctl_file"
  builtin return "$__aarctl_status"
}
trap '! builtin declare -F __aarctl_save >/dev/null || { __aarctl_save; } 2>/dev/null' EXIT

shopt -s expand_aliases
__aarctl_whole=yes
if [[ $__aarctl_session == kept && -e $__aarctl_here/shell/session ]]; then
  __aarctl_whole=
  source "$__aarctl_here/shell/session" >/dev/null 2>&1
fi
{
  [[ -z ${__aarctl_gone-} ]] || builtin printf 'aarctl: the folder %q is gone; you are in %q\n' "$__aarctl_gone" "$PWD"
  [[ $__aarctl_whole ]] || builtin printf 'aarctl: the saved session was damaged and may lack things; restart=true begins a new one\n'
} >&2
{ ! builtin declare -F __aarctl_options >/dev/null || __aarctl_options; builtin unset -f __aarctl_options; } 2>/dev/null
