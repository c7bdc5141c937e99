"""The way in: runs a command and turns whatever goes wrong into one sentence and an exit code."""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path


def main() -> None:
    """Run `kobo-sync`; exits with the codes of `kobo_sync.errors`."""
    os.umask(0o077)  # whatever is written is for its owner alone
    # Scoring multiplies many small tables. Threads of numpy would mostly wait for each other: three times the work.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command line and return its exit code."""
    import click

    from kobo_sync.cli import cli
    from kobo_sync.errors import KoboSyncError

    try:
        answer = cli.main(args=arguments, prog_name="kobo-sync", standalone_mode=False)
    except click.exceptions.Abort as error:
        if isinstance(error.__context__, KeyboardInterrupt):  # click's name for Ctrl-C, wherever it came
            return _interrupted()
        click.echo("Stopped. Nothing was done beyond what is said above.", err=True)
        return 1
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except KoboSyncError as error:
        _tell(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        return _interrupted()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nobody reads on, and that is no error
        return 0
    except OSError as error:
        _tell(_os_words(error))
        return 1
    except Exception as error:  # noqa: BLE001 -- the last net: a person must never meet a traceback, nor a log an answer
        _unexpected(error, verbose="-v" in arguments or "--verbose" in arguments)
        return 1
    return answer if isinstance(answer, int) else 0


def _interrupted() -> int:
    import click

    click.echo("Stopped. Whatever was kept is whole; run the same command again to go on.", err=True)
    return 130


def _tell(message: str) -> None:
    """Say what went wrong: a sentence to a person, an object to a program that reads the log."""
    import click

    from kobo_sync.logs import is_json, report_failure

    if is_json():
        report_failure(message)
    else:
        click.echo(f"kobo-sync: {message}", err=True)


def _os_words(error: OSError) -> str:
    where = f" {error.filename}" if error.filename else ""
    return (
        f"The computer would not do something with a file:{where} ({error.strerror or type(error).__name__}). Is the "
        "disk full, is the file open in another program, may this folder be written to? Nothing half-done was kept."
    )


def _unexpected(error: Exception, *, verbose: bool) -> None:
    """Say that the program is at fault: kind and place only, since an exception's own text can hold an answer."""
    import click

    frames = traceback.extract_tb(error.__traceback__)
    place = next((f"{frame.name}, line {frame.lineno}" for frame in reversed(frames)), "?")
    click.echo(
        f"kobo-sync: Something went wrong that this program did not expect ({type(error).__name__} in {place}). This "
        "is a fault of the program, not yours. Nothing half-done was kept. Run the command again with -v and send what "
        "it prints to whoever looks after the program; it holds no answer and no token.",
        err=True,
    )
    if verbose:
        for frame in frames:
            click.echo(f"  {Path(frame.filename).name}:{frame.lineno} {frame.name}", err=True)


if __name__ == "__main__":
    main()
