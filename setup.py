"""A wheel brings the notebooks and the sample, which stand beside the package in the clone."""

from pathlib import Path
from shutil import copyfile

from setuptools import setup
from setuptools.command.build_py import build_py

# by their names: what a seller has dropped beside them stays here
BROUGHT = ("notebooks/[0-9]_*.ipynb", "notebooks/zh-CN/[0-9]_*.ipynb", "notebooks/*.svg", "data/sample/*")


class WithPages(build_py):
    """Lays them into the built package, where `promofix_lib.places` finds them."""

    def run(self) -> None:
        """Build, and unless the clone itself is installed, copy."""
        super().run()
        for path in [] if self.editable_mode else [path for pattern in BROUGHT for path in Path().glob(pattern)]:
            target = Path(self.build_lib, "promofix_lib", "brought", path)
            target.parent.mkdir(parents=True, exist_ok=True)
            copyfile(path, target)


setup(cmdclass={"build_py": WithPages})
