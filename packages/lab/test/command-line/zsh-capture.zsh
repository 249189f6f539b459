# Sourced by the shell on the pseudo-terminal of zsh-offers.zsh.
bindkey '^I' complete-word
zstyle ':completion:*' insert-tab false
offers-begin() { print -r -- 'OFFERS BEGIN' }
offers-end() { print -r -- 'OFFERS END'; exit }
compprefuncs=(offers-begin)
comppostfuncs=(offers-end)
compadd() {
  # With -O, -A or -D it fills an array and offers nothing.
  if [[ " ${(j: :)@[1,(i)(-|--)]}" == *' '-(O|A|D)' '* ]]; then
    builtin compadd "$@"
    return
  fi
  local -a words
  local -A before prefix
  builtin compadd -A words "$@"
  local -a ignored
  zparseopts -E -a ignored P:=before p:=prefix
  local word
  for word in $words; print -r -- "  $IPREFIX${before[-P]}${prefix[-p]}$word"
  builtin compadd "$@"
}
print 'CAPTURE' READY
