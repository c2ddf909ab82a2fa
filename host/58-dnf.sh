# What dnf says on hosts whose packages are rpm's: what its repositories offer, what a transaction would
# be, the files, and the transaction itself. dnf 4 is a library of Python's with a command in front of it,
# and the library says in rows what the command prints in a table for people. So one short program of
# Python asks it, run by the very interpreter that the command names. Lists are refreshed only into a folder
# of our own, as with apt.

DNF_CACHE=$APT_DIR/dnf
DNF_CACHE_MACHINE=/var/cache/dnf

# Exit codes of dnf_ask: the transaction is another one; it cannot be made; somebody holds the lock.
DNF_OTHER=3
DNF_NONE=4
DNF_LOCKED=5

# Which Python dnf runs under, in DNF_PYTHON; 1 where there is no dnf 4.
dnf_python() {
  [ -z "${DNF_PYTHON:-}" ] || return 0
  for dp_file in /usr/bin/dnf-3 /usr/bin/dnf; do
    [ -r "$dp_file" ] || continue
    read -r dp_line <"$dp_file" || continue
    dp_line=${dp_line#'#!'}
    dp_line=${dp_line# }
    case $dp_line in
      *python*) DNF_PYTHON=${dp_line%% *} && return 0 ;;
    esac
  done
  return 1
}

# Standard output is rows by tabs, standard error what dnf says to people.
dnf_ask() { # lists|resolve|fetch|dry|run argument…
  dnf_python || return 1
  # -I: no folder and no setting of the caller's decides what is imported.
  unlocked "$DNF_PYTHON" -I -c "$DNF_PROGRAM" "$@" </dev/null
}

# The folder with the lists to read: ours once it was filled, else the machine's own.
dnf_lists() {
  DNF_LISTS=$DNF_CACHE_MACHINE
  [ ! -d "$DNF_CACHE" ] || DNF_LISTS=$DNF_CACHE
}

# shellcheck disable=SC2016 # Python's own text
DNF_PROGRAM='
import os
import shutil
import sys

import dnf
import dnf.rpm
import hawkey

rows = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
OTHER, NONE, LOCKED = 3, 4, 5
AGE_MAX_S = 604800
COMING = (dnf.transaction.PKG_INSTALL, dnf.transaction.PKG_UPGRADE,
          dnf.transaction.PKG_DOWNGRADE, dnf.transaction.PKG_OBSOLETE, dnf.transaction.PKG_REINSTALL)


def say(*fields):
    print("\t".join(str(field) for field in fields), file=rows)


def evr(package):
    epoch = str(package.epoch) + ":" if package.epoch else ""
    return epoch + package.version + "-" + package.release


def parts(version):
    epoch, _, rest = version.rpartition(":")
    version, _, release = rest.rpartition("-")
    return {"epoch": int(epoch or 0), "version": version, "release": release}


def digest(package):
    if package.chksum is None or hawkey.chksum_name(package.chksum[0]) != "sha256":
        return "-"
    return package.chksum[1].hex()


# No repository takes part in a transaction: only files that were staged.
def opened(cache):
    base = dnf.Base()
    conf = base.conf
    conf.read()
    conf.substitutions["releasever"] = dnf.rpm.detect_releasever("/") or ""
    conf.substitutions.update_from_etc("/")
    conf.install_weak_deps = False
    conf.clean_requirements_on_remove = False
    conf.best = True
    # dnf would wait for another dnf without end.
    conf.exit_on_lock = True
    if cache is None:
        conf.installonly_limit = 0
    else:
        conf.cachedir = cache
    base.init_plugins()
    base.pre_configure_plugins()
    if cache is not None:
        base.read_all_repos()
    base.configure_plugins()
    return base


# Each repository for itself: one that cannot be read hides no other.
def loaded(base, refresh):
    states = []
    for repo in base.repos.iter_enabled():
        repo._repo.setSyncStrategy(dnf.repo.SYNC_TRY_CACHE if refresh else dnf.repo.SYNC_ONLY_CACHE)
        if refresh:
            repo._repo.expire()
        why = None
        try:
            repo.load()
        except dnf.exceptions.RepoError as error:
            why = " ".join(str(error).split())[:200]
        states.append((repo, why))
    for repo, why in states:
        if why is not None:
            repo.disable()
    base.fill_sack(load_system_repo=True)
    return states


def judged(states):
    if not states:
        return "none", 0, "no source is enabled"
    failed = ["%s: %s" % (repo.id, why) for repo, why in states if why is not None]
    newest = max(int(repo._repo.getMaxTimestamp() or 0) for repo, _ in states)
    if failed:
        return "none", max(newest, 0), "never read, or not any more: " + failed[0]
    oldest = max(states, key=lambda state: state[0]._repo.getAge())[0]
    if oldest._repo.getAge() > AGE_MAX_S:
        return "stale", newest, "not read for %d days: %s" % (oldest._repo.getAge() // 86400, oldest.id)
    return "ok", newest, "read %d s ago" % oldest._repo.getAge()


def lists(cache, how, mode, names):
    base = opened(cache)
    states = loaded(base, how == "refresh")
    for repo, _ in states:
        uri = (list(repo.baseurl) + [repo.metalink, repo.mirrorlist, "-"])
        uri = next(one for one in uri if one)
        index = " index-signed" if repo.repo_gpgcheck else " index-unsigned"
        say("source", uri.rstrip("/"), repo.id, "-", "signed" + index if repo.gpgcheck else "unsigned")
    say("lists", *judged(states))
    with open(names) as file:
        wanted = {line.split("\t")[0].strip() for line in file}
    have = {}
    for package in base.sack.query().installed():
        kept = have.get((package.name, package.arch))
        if kept is None or package > kept:
            have[package.name, package.arch] = package
    for package in base.sack.query().available().filterm(name=sorted(wanted)):
        mine = have.get((package.name, package.arch))
        if mode == "newer" and (mine is None or package.evr_lt(mine)):
            continue
        if digest(package) == "-":
            continue
        source = (package.sourcerpm or "").rsplit(".src.rpm", 1)[0].rsplit("-", 2)
        version = "-".join(source[1:]) if len(source) == 3 else ""
        epoch = str(package.epoch) + ":" if package.epoch else ""
        say("offer", package.name, package.arch, evr(package), digest(package), package.downloadsize,
            base.repos[package.reponame].name or package.reponame, package.reponame, "-",
            package.source_name or package.name, epoch + version if version else evr(package),
            package.remote_location() or "-", package.installsize // 1024)


def moves(base):
    coming = [item.pkg for item in base.transaction if item.action in COMING]
    going = [item.pkg for item in base.transaction if item.action not in COMING]
    for package in coming:
        same = [old for old in going if old.name == package.name]
        old = next((one for one in same if one.arch == package.arch), same[0] if same else None)
        if old is not None:
            going.remove(old)
        yield old, package
    for package in going:
        yield package, None


def resolve(cache, wants):
    base = opened(cache)
    loaded(base, False)
    with open(wants) as file:
        asked = [line.split() for line in file]
    for name, arch, version in asked:
        found = base.sack.query().available().filter(name=name, arch=arch, **parts(version))
        if not found:
            say("problem", "no source offers %s:%s %s" % (name, arch, version))
            continue
        package = found[0]
        older = base.sack.query().installed().filter(name=name).run()
        sides = base._get_installonly_query(base.sack.query().filter(pkg=[package]))
        if sides or not older:
            base.package_install(package)
        elif package.evr_lt(older[0]):
            base.package_downgrade(package, strict=True)
        else:
            base.package_upgrade(package)
    try:
        base.resolve(allow_erasing=False)
    except dnf.exceptions.DepsolveError as error:
        for line in str(error).splitlines()[:5]:
            if line.strip():
                say("problem", "dnf says: " + " ".join(line.split())[:250])
        return
    for old, new in moves(base):
        package = new or old
        kept = base.sack.query().available().filter(name=old.name, arch=old.arch, epoch=old.epoch,
            version=old.version, release=old.release) if old else []
        verb = "install" if old is None else "remove" if new is None else \
            "downgrade" if new.evr_lt(old) else "upgrade"
        say("move", verb, package.name, package.arch, evr(old) if old else "-",
            evr(new) if new else "-", digest(new) if new else "-", new.downloadsize if new else 0,
            digest(kept[0]) if kept else "-", old.arch if old else "-")


def fetch(cache, folder, *digests):
    base = opened(cache)
    base.conf.destdir = folder
    loaded(base, False)
    found = {}
    for package in base.sack.query().available():
        if digest(package) in digests:
            found.setdefault(digest(package), package)
    base.download_packages(list(found.values()))
    for sha256, package in found.items():
        shutil.copyfile(package.localPkg(), os.path.join(folder, sha256 + ".rpm"))


# Of the very files that are named, and nothing else: what dnf would do beside it is a reason to stop.
def transact(mode, table, folder):
    base = opened(None)
    base.fill_sack(load_system_repo=True, load_available_repos=False)
    with open(table) as file:
        lines = [line.rstrip("\n").split("\t") for line in file]
    # All files before the first job: dnf takes none afterwards.
    paths = [os.path.join(folder, line[6] + ".rpm") for line in lines if line[1] != "remove"]
    files = iter(base.add_remote_rpms(paths) if paths else [])
    expected = set()
    for _, verb, name, arch, _, to, _, has, *_ in lines:
        expected.add((name, has, to))
        if verb == "remove":
            gone = base.sack.query().installed().filter(name=name, arch=arch, **parts(has))
            for package in gone:
                base.package_remove(package)
            continue
        package = next(files)
        if verb == "install":
            base.package_install(package)
        elif verb == "upgrade":
            base.package_upgrade(package)
        else:
            base.package_downgrade(package, strict=True)
    base.resolve(allow_erasing=False)
    actual = {((new or old).name, evr(old) if old else "-", evr(new) if new else "-")
              for old, new in moves(base)}
    for change in sorted(expected - actual):
        say("<", *change)
    for change in sorted(actual - expected):
        say(">", *change)
    if expected != actual:
        return OTHER
    if mode == "dry":
        base.conf.tsflags = list(base.conf.tsflags) + ["test"]
    base.do_transaction()
    return 0


def main(mode, *arguments):
    try:
        if mode == "lists":
            return lists(*arguments)
        if mode == "resolve":
            return resolve(*arguments)
        if mode == "fetch":
            return fetch(*arguments)
        return transact(mode, *arguments)
    except dnf.exceptions.LockError as error:
        print("Error: " + str(error), file=sys.stderr)
        return LOCKED
    except dnf.exceptions.Error as error:
        print("Error: " + str(error), file=sys.stderr)
        return NONE


code = main(*sys.argv[1:])
rows.flush()
sys.exit(code or 0)
'
