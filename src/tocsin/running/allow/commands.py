"""The table of commands that only look, with the options that keep them so.

One line per command: short options (`x` stands alone, `x:` takes a value), long options
(`--x`, `--x=` takes a value), then marks:

    #       `-20` is an option
    <=N     at most N operands
    >=N     at least N operands
    --x=?   takes a value only with `=`
    each:R  every operand matches the pattern R
    -x~R    takes a value, which matches the pattern R (also `--x~R`)
    needs:R at least one argument matches the pattern R
    word:R  a whole word that matches the pattern R is an option
    +word   the options that all commands of a family take
    ~       no option of it changes anything: an unknown one waits, but is no change
    doubt   looks, but is never run unattended

A command of two or three words has its own line. What is not here is a change.
"""

from __future__ import annotations

import re

from tocsin.running.allow.clients import CLIENTS, FAMILIES
from tocsin.running.allow.options import Tool

_TABLE = r"""
ls              aAlhrtRSd1iFsn --all --human-readable --color=? --full-time ~
cat             nbAEsT ~
head            qvn:c: --lines= --bytes= # ~
tail            qvn:c: --lines= --bytes= # ~
egrep           inviclowhA:B:C: # ~
fgrep           inviclowhA:B:C: # ~
zgrep           inviclowhEA:B:C: # ~
wc              lwcmL --lines ~
sort            rhnuVgbfMsk:t: --reverse --numeric-sort --human-numeric-sort --unique
uniq            cdiuf:s:w: --count <=1
cut             sd:f:c:b: --delimiter= --fields= --characters= ~
tr              dscC ~
column          ts: ~
rev             ~
nl              b: ~
paste           sd: ~
fold            sw: ~
expand          t: ~
join            t:1:2:j: ~
shuf            n: <=1
getconf         each:[A-Z_][A-Z_0-9]+ <=1
:               <=0
basename        ~
dirname         ~
realpath        ~
readlink        fe ~
file            b ~
df              hHTiaklPmt:x: --human-readable --total --output= ~
du              shackxmd: --max-depth= --summarize --human-readable --total --apparent-size ~
uptime          ps --pretty <=0 ~
pgrep           flaxncu:P: ~
pidof           s ~
stat            Lc:ft --format= --printf= ~
test            aderfgswxzn ~
echo            neE ~
printf          ~
true            <=0
false           <=0
pwd             LP <=0
whoami          <=0
id              ungG <=1 ~
who             bHqu <=0 ~
w               hs <=0 ~
date            uRId: --utc --iso-8601=? --rfc-3339= --date= each:\+.*
hostname        fisdIA <=0
uname           asnrvmpio <=0 ~
nproc           <=0
arch            <=0
lscpu           <=0
lsblk           fo: ~
vmstat          SwS:dsm >=2 <=2 each:\d{1,2} ~
iostat          xdkmhtcyzp: >=2 <=2 each:\d{1,2} ~
mpstat          P: >=2 <=2 each:\d{1,2} ~
ss              tulpnaxseiomHO46
netstat         tulnpaersi <=0 ~
host            t:W: <=2 ~
nslookup        >=1 <=2 ~
php -v          <=0
node -v         <=0
grep            invlLcoEFPwxhHsqarRe:A:B:C:m: --color=? --ignore-case --count --no-filename
                --include= --exclude= --exclude-dir= --line-number --invert-match
                --only-matching --max-count= --files-with-matches --text --extended-regexp
                --fixed-strings --line-buffered # ~
zcat            f ~
gzcat           f ~
tac             ~
base64          dw: --decode ~
read            doubt ~
dpkg -l         each:[\w.+:~-]+
dpkg -s         each:[\w.+:~-]+
dpkg -L         each:[\w.+:~-]+
dpkg -S         each:[\w.+:~/-]+
rpm -q          each:[\w.+~-]+
rpm -qa         each:[\w.+~-]+
rpm -qi         each:[\w.+~-]+
rpm -ql         each:[\w.+~-]+
rpm -qf         each:/[\w.+~/-]+
apt-cache       doubt
apt-cache policy  each:[\w.+:-]+
apt-cache show    each:[\w.+:-]+
apt-cache madison  each:[\w.+:-]+
apt list        --installed --upgradable each:[\w.+:-]+
apt-mark showhold  <=0
snap list       <=1
apk info        v each:[\w.+-]+
unzip -l        <=1
unzip -t        <=1
xz -l           each:/?\w[\w./-]* ~
zstd -l         each:/?\w[\w./-]* ~
xzcat           ~
bzcat           ~
ssh-keygen -lf  >=1 <=1 each:\S+\.pub
pip freeze      doubt ~
pip list        <=0
pip3 list       <=0
pip show        >=1 each:[\w.-]+
md5sum          ~
sha1sum         ~
sha256sum       ~
cksum           ~
cmp             sl ~
comm            123 ~
diff            uqrwBbiyN --brief --side-by-side --unified=? --color=? doubt ~
strings         n: doubt ~
xxd             l: <=1 doubt
hexdump         Cn: doubt
seq             s:w each:\d{1,4} <=3
cal             each:\d+ <=2
which           a ~
whereis         ~
type            at ~
hash            <=0
command -v      ~
command -V      ~
getent          each:(?!g?shadow)[\w.:-]+
free            hmgkbwtl -s~\d -c~\d{1,2} --human --mega --giga --seconds~\d --count~\d{1,2} <=0 ~
ps              efFAaljHLyTwo:p:C:u:U:t: --sort= --no-headers --forest --ppid= --pid= ~
                each:-?[auxfjwlT]+
pstree          palunchgsS ~
pwdx            each:\d+
vmstat -s       <=0
sar             qurbBdwWSn:P: --human >=2 <=2 each:\d{1,2} ~
pidstat         udrhwtl:p:C: >=2 <=2 each:\d{1,2} ~
lsof            inPtap:u:c: -s~(TCP|UDP):[\w^,:]+ each:[^+].*|\+L1 ~
                word:-[nPla]*i[46]?(TCP|UDP|tcp|udp)?(@[\w.-]+)?(:[\w,-]+)?
fuser           vmnu <=2 each:[\w/.:-]+
ping            c:W:w:nq46O -i~[1-9](\.\d)? <=1 ~
traceroute      nIT4m:w:q:p: each:[\w.:-]+ <=1 ~
tracepath       n each:[\w.:-]+ <=1 ~
mtr             rwnbzT46 -c~\d{1,2} --report --report-wide --no-dns --tcp
                --report-cycles~\d{1,2} P: --port= each:[\w.:-]+ <=1
dig             x:t: each:[@+]?[A-Za-z0-9._:=-]+ ~
nc              zvw:n46u <=2
arp             ane <=1
ethtool         SikglacT <=1 >=1 each:[\w.@-]+
nmcli device status  <=0
nmcli device show    <=1
nmcli connection show  <=1
conntrack -C    <=0
conntrack -S    <=0
whois           >=1 <=1 each:[\w.-]+
resolvectl status  <=1
resolvectl query   >=1 each:[\w.-]+
route           ne <=0
ifconfig        a <=1
last            aFiwxn: # each:[\w.-]+ ~
lastb           aFiwxn: # each:[\w.-]+ ~
lastlog         u:t: <=0
sysctl          na --all each:[a-z][\w./-]*
mount           doubt <=0
findmnt         lt:no: ~
blkid           doubt
ulimit          aSHncdflmstuv <=0
sleep           each:\d{1,2}s? <=1
cd              doubt ~
history         doubt ~
tcpdump         doubt -c~\d{1,4} i:nvs:tAXeq needs:-c.*
java -version   <=0
python3 --version       <=0
node --version  <=0
npm -v          <=0
npm --version   <=0
dotnet --list-runtimes  <=0
dotnet --list-sdks  <=0
go version      <=0
psql --version  <=0
"""

_FIGURE = re.compile(r"<=|>=|each:|needs:|word:")
_LIMIT = re.compile(r"(--?[a-zA-Z][\w.-]*)~(.+)", re.ASCII)
_SHORT = re.compile(r"([a-zA-Z0-9])(:?)")


def _tool(marks: list[str]) -> Tool:
    rest = [mark for mark in marks if mark not in ("#", "~", "doubt")]
    limits = [found for mark in rest if (found := _LIMIT.fullmatch(mark))]
    told = {found[0]: mark[found.end() :] for mark in rest if (found := _FIGURE.match(mark))}
    options = [mark for mark in rest if not (_LIMIT.fullmatch(mark) or _FIGURE.match(mark))]
    long = [mark for mark in options if mark.startswith("--")]
    short = [pair for mark in options if mark not in long for pair in _SHORT.findall(mark)]
    takes = {f"-{letter}" for letter, colon in short if colon}
    takes |= {mark.rstrip("=?") for mark in long if "=" in mark} | {found[1] for found in limits}
    alone = {f"-{letter}" for letter, colon in short if not colon}
    return Tool(
        alone=frozenset(alone | {mark for mark in long if "=" not in mark}) - takes,
        valued=frozenset(takes),
        optional=frozenset(mark.removesuffix("=?") for mark in long if mark.endswith("=?")),
        limits=tuple((found[1], re.compile(found[2], re.ASCII)) for found in limits),
        most=int(told.get("<=", 1000)), least=int(told.get(">=", 0)),
        each=re.compile(told["each:"], re.ASCII) if "each:" in told else None,
        needs=re.compile(told["needs:"], re.ASCII) if "needs:" in told else None,
        attached=re.compile(told["word:"], re.ASCII) if "word:" in told else None,
        counts="#" in marks, harmless="~" in marks, doubt="doubt" in marks,
    )  # fmt: skip


def _read_table() -> dict[tuple[str, ...], Tool]:
    found = {}
    for line in _lines():
        name, *marks = re.split(r"\s{2,}", line, maxsplit=1)
        listed = marks[0].split() if marks else []
        full = [one for mark in listed for one in FAMILIES.get(mark, mark).split()]
        found[tuple(name.split())] = _tool(full)
    return found


def _lines() -> list[str]:
    """Return the lines of both tables; a line that goes on is indented."""
    return re.sub(r"\n\s+", " ", f"{_TABLE.strip()}\n{CLIENTS.strip()}").splitlines()


TOOLS = _read_table()
