# Prints what zsh offers for a command line, one a line: zsh -f zsh-offers.zsh SCRIPT 'osculate comp'
# A shell on a pseudo-terminal sources the script and gets the command line and a Tab; see zsh-capture.zsh.
zmodload zsh/zpty
zpty inner zsh -f -i
zpty -w inner 'PROMPT= RPROMPT=; unset zle_bracketed_paste; autoload -Uz compinit; compinit -D -u'
zpty -w inner "source ${(q)1:A}; source ${(q)0:A:h}/zsh-capture.zsh"
zpty -r inner seen '*CAPTURE READY*' || exit 1
zpty -w -n inner "$2"$'\t'
zpty -r inner seen '*OFFERS BEGIN*' || exit 1
zpty -r inner seen '*OFFERS END*' || exit 1
zpty -d inner
print -r -- "${${seen%OFFERS END*}//$'\r'}"
