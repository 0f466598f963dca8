# SPDX-License-Identifier: BSD-3-Clause
"""The container image, built by its recipe. Registries are not asked: in place of their Debian stands
one made from Debian's packages, under the same name."""

import json
import os
import re
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path

from lab.namespaces import run

ROOT = Path(__file__).resolve().parents[2]
RECIPE = ROOT / "deploy/container/Containerfile"
TAG = "localhost/synward"

# As in registries' slim images, and in memory rather than safely on the disk.
BASE_OPTIONS = ("force-unsafe-io", "path-exclude=/usr/share/doc/*", "path-exclude=/usr/share/man/*",
                "path-exclude=/usr/share/locale/*")


class NotPossible(Exception):
    """This machine cannot build images."""


class Image:
    """Use as a context manager. `package`: the .deb that goes into it."""

    def __init__(self, package):
        self.package = package
        self._stack = ExitStack()

    def __enter__(self):
        try:
            self._folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory("-image")))
            try:
                self._make_base()
            except RuntimeError as error:
                raise NotPossible(str(error)) from error
            self._build()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_):
        self._stack.close()

    def command(self, *words):
        """buildah's, with a storage that goes with this object."""
        return ("buildah", "--root", self._folder / "storage", "--runroot", self._folder / "run",
                "--storage-driver", "overlay", *words)

    def _buildah(self, *words, **options):
        return run(*self.command(*words), **options).stdout.strip()

    def _make_base(self):
        name = re.search(r"^FROM (\S+)$", RECIPE.read_text(), re.M)[1]
        for program in ("buildah", "mmdebstrap"):
            if not shutil.which(program):
                raise NotPossible(f"there is no {program}")
        # Hundreds of megabytes of small files, to be gone at once.
        run("mount", "-t", "tmpfs", "tmpfs", self._folder)
        self._stack.callback(run, "umount", "-l", self._folder, check=False)
        archive = self._folder / "base.tar"
        run("mmdebstrap", "--variant=minbase", "--mode=root",
            *(f"--dpkgopt={option}" for option in BASE_OPTIONS), "bookworm", archive,
            env={**os.environ, "TMPDIR": str(self._folder)}, timeout=300)
        base = self._buildah("from", "scratch")
        self._buildah("add", "--quiet", base, archive, "/")
        archive.unlink()
        self._buildah("run", "--isolation=chroot", base, "--", "true")
        self._buildah("commit", "--quiet", "--rm", base, name)

    def _build(self):
        context = self._folder / "context"
        (context / "build/package").mkdir(parents=True)
        shutil.copy(self.package, context / "build/package")
        self._buildah("bud", "--isolation=chroot", "--pull-never", "--tag", TAG, "--file", RECIPE,
                      context, timeout=300)
        self.settings = json.loads(self._buildah("inspect", "--type=image", TAG))["OCIv1"]["config"]
        self._container = self._buildah("from", "--pull-never", TAG)

    def inside(self, *words, policy_folder=None):
        """The command that runs another in a container of the image, with the capabilities that the
        recipe asks for besides those that containers have."""
        capabilities = re.search(r"--cap-add=(\S+)", RECIPE.read_text())[1].split(",")
        options = [f"--cap-add=CAP_{capability}" for capability in capabilities]
        if policy_folder is not None:
            options.append(f"--volume={policy_folder}:/etc/synward:ro")
        return self.command("run", "--isolation=chroot", *options, self._container, "--", *words)

    def run(self, *words, **options):
        return run(*self.inside(*words, **options)).stdout
