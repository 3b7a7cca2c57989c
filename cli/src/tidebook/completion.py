"""`tidebook completion`: a script for the shell that completes commands, options and the values that are known.

The script is complete in itself. Asking `tidebook` at each Tab, as Typer's own would, takes longer than one waits.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import Any

import typer

from gateway.identity.scopes import Scope
from tidebook.handlers import ALL
from tidebook.rebuilding import REFILLED

_BASH = """\
# For ~/.bashrc:  eval "$(tidebook completion bash)"
_tidebook() {{
  local line=${{COMP_LINE:0:COMP_POINT}} place= words= index
  local -a typed
  read -ra typed <<<"$line"
  if [[ $line == *[[:space:]] ]]; then typed+=(""); fi
  local last=$((${{#typed[@]}} - 1))
  local word=${{typed[last]}} before=${{typed[last - 1]}}
  for ((index = 1; index < last; index++)); do
    case "$place ${{typed[index]}}" in
      {places}) place="$place ${{typed[index]}}" ;;
    esac
  done
{cases}
  COMPREPLY=($(compgen -W "$words" -- "$word"))
  # The shell takes a colon for the end of a word, so that only what follows it may be given.
  if [[ $word == *:* && $COMP_WORDBREAKS == *:* ]]; then
    COMPREPLY=("${{COMPREPLY[@]#"${{word%"${{word##*:}}"}}"}}")
  fi
}}
complete -F _tidebook tidebook
"""
_ZSH = """\
#compdef tidebook
# For ~/.zshrc, after compinit:  eval "$(tidebook completion zsh)"
_tidebook() {{
  local place= words_here= word before=${{words[CURRENT-1]}}
  for word in "${{(@)words[2,CURRENT-1]}}"; do
    case "$place $word" in
      ({places}) place="$place $word" ;;
    esac
  done
{cases}
  compadd -- ${{=words_here}}
}}
compdef _tidebook tidebook
"""


class Shell(StrEnum):
    """The shells that a script can be written for."""

    BASH = "bash"
    ZSH = "zsh"


_KNOWN: dict[str, list[str]] = {
    "--durable": sorted(handler.durable for handler in ALL),
    "--scope": [*Scope],
    "--service": [*REFILLED],
    "shell": [*Shell],
}
"""Values of options and arguments, as far as they are known before one asks an installation."""


def register(app: typer.Typer) -> None:
    """Give `app` the command that completes all of its commands."""

    @app.command()
    def completion(shell: Shell) -> None:
        """Print what makes a shell complete this command; its first line says where it goes."""
        typer.echo(script(shell, typer.main.get_command(app)), nl=False)


def script(shell: Shell, root: Any) -> str:
    """The script for a shell; `root` is the command that everything hangs on."""
    words: dict[str, list[str]] = {}
    values: dict[str, list[str]] = {}
    for place, command in _walk("", root):
        words[place] = sorted(getattr(command, "commands", {}))
        for parameter in command.get_params(typer.Context(command)):
            known = _KNOWN.get(parameter.opts[0], [])
            if not parameter.opts[0].startswith("-"):
                words[place] += known
                continue
            words[place] += parameter.opts
            if not parameter.is_flag:
                values |= {f"{place} {name}": known for name in parameter.opts}
    variable, frame = ("words", _BASH) if shell == Shell.BASH else ("words_here", _ZSH)
    places = "|".join(f'"{place}"' for place in words if place)
    return frame.format(places=places, cases="\n".join(_cases(words, values, variable)))


def _walk(place: str, command: Any) -> Iterator[tuple[str, Any]]:
    yield place, command
    for name, below in sorted(getattr(command, "commands", {}).items()):
        yield from _walk(f"{place} {name}", below)


def _cases(words: dict[str, list[str]], values: dict[str, list[str]], variable: str) -> Iterator[str]:
    yield '  case "$place $before" in'
    for place, known in values.items():
        yield f'    ("{place}") {variable}="{" ".join(known)}" ;;'
    yield '    (*) case "$place" in'
    for place, offered in words.items():
        yield f'      ("{place}") {variable}="{" ".join(offered)}" ;;'
    yield "    esac ;;"
    yield "  esac"
