"""Programs that ask for more work than there is time: large numbers, texts and lists, and growth in every line."""

# ruff: noqa: E501 - a program in a line

from __future__ import annotations

HEAD = "import torch\nfrom torch import nn\n"


def many(line: str, count: int) -> str:
    """A line, again and again."""
    return "\n".join([line] * count)


PROGRAMS: dict[str, str] = {
    "pow": "x = 10**100000\nnn.LSTM(x, 4)",
    "pow2": "x = 2 ** 2 ** 60\nnn.LSTM(x, 4)",
    "pow3": "x = 10\n" + many("x = x ** 60", 12) + "\nnn.LSTM(x, 4)",
    "square_int": "x = 7\n" + many("x = x * x", 60) + "\nnn.LSTM(x, x)(torch.zeros(x))",
    "square_loop": "x = 7\nfor i in range(10):\n  for j in range(10):\n    x = x * x\nnn.LSTM(x, x)",
    "square_sym": "def f(x):\n" + many("    x = x * x", 60) + "\n    return nn.LSTM(x, 4)(torch.zeros(x, x, x + 1))",
    "square_sym2": "def f(x: int, y: int):\n"
    + many("    x = x * (x + y)", 60)
    + "\n    return nn.LSTM(x, 4)(torch.zeros(x, x, x + 1))",
    "coef": "def f(x: int):\n"
    + many("    x = x * 10**12", 5000)
    + "\n    return nn.LSTM(x, 4)(torch.zeros(x, x, x + 1))",
    "coef2": "def f(x: int):\n    y = 10\n"
    + many("    y = y * y", 14)
    + "\n    x = x * y\n    return nn.LSTM(x, 4)(torch.zeros(x, x, x + 1))",
    "shift": "x = 1 << 60\n" + many("x = x << 60", 5000) + "\nnn.LSTM(x, 4)",
    "shift2": "x = 1 << 10**9\nnn.LSTM(x, 4)",
    "hexliteral": "x = 0x" + "f" * 200000 + "\nnn.LSTM(x, x)(torch.zeros(x, x, x))",
    "hexstr": "x = 0x" + "f" * 5000 + "\ny = str(x)\nz = f'{x}'\nnn.LSTM(x, x)",
    "declit": "x = " + "9" * 100000 + "\nnn.LSTM(x, x)",
    "intstr": "x = int('9' * 3)\ny = int('" + "9" * 50000 + "')\nnn.LSTM(y, y)",
    "strrep": "x = 'a' * 10**12\nnn.LSTM(len(x), 4)",
    "listrep": "x = [0] * 10**10\nnn.LSTM(len(x), 4)\nfor i in x: nn.LSTM(i, 4)\ny = x * 10**10\nz = list(x)\nsum(x)",
    "listrep2": "x = [0]\n" + many("x = x * 60", 20) + "\nnn.LSTM(len(x), 4)",
    "listadd": "x = [0]\n" + many("x = x + x", 60) + "\nnn.LSTM(len(x), 4)",
    "listiadd": "x = [0]\n" + many("x += x", 60) + "\nnn.LSTM(len(x), 4)",
    "listext": "x = [0]\n" + many("x.extend(x)", 60) + "\nnn.LSTM(len(x), 4)",
    "liststar": "x = [0]\n" + many("x = [*x, *x]", 60) + "\nnn.LSTM(len(x), 4)",
    "callstar": "def f(*a): return g(*a, *a)\ndef g(*a): return h(*a, *a)\ndef h(*a): return f(*a, *a)\nf(1, 2)\nnn.LSTM(3, 4)",
    "callstar2": "def f(*a): return (*a, *a)\nx = (1,)\n" + many("x = f(*x)", 60) + "\nnn.LSTM(len(x), 4)",
    "dictmerge": "x = {0: 0}\n"
    + "\n".join(f"x = {{**x, **{{i + {n}: 1 for i in range(10)}}}}" for n in range(2000))
    + "\nnn.LSTM(len(x), 4)",
    "stradd": "x = 'a'\n" + many("x = x + x", 60) + "\nnn.LSTM(len(x), 4)",
    "stradd_f": "x = 'a'\n" + many("x = f'{x}{x}'", 60) + "\nnn.LSTM(len(x), 4)",
    "str_join": "x = 'a'\n" + many("x = x.join([x, x, x])", 60) + "\nnn.LSTM(len(x), 4)",
    "str_replace": "x = 'aa'\n" + many("x = x.replace('a', x)", 60) + "\nnn.LSTM(len(x), 4)",
    "str_replace2": "x = 'aa'\n" + many("x = x.replace('', 'bb')", 60) + "\nnn.LSTM(len(x), 4)",
    "str_format": "x = 'a'\n" + many("x = '{0}{0}'.format(x)", 60) + "\nnn.LSTM(len(x), 4)",
    "str_pct": "x = 'a'\n" + many("x = '%s%s' % (x, x)", 60) + "\nnn.LSTM(len(x), 4)",
    "width1": "x = '%1000000000d' % 1\nnn.LSTM(len(x), 4)",
    "width2": "x = '%*d' % (1000000000, 1)\nnn.LSTM(len(x), 4)",
    "width3": "x = '{:1000000000}'.format(1)\nnn.LSTM(len(x), 4)",
    "width4": "x = '{:{}}'.format(1, 1000000000)\nnn.LSTM(len(x), 4)",
    "width5": "x = f'{1:1000000000}'\nnn.LSTM(len(x), 4)",
    "width6": "x = '%.1000000000f' % 1.5\ny = '%.1000000000f' % 1\nz='%.900000000x' % 1\nnn.LSTM(len(x), 4)",
    "fmt_attr": "x = '{0.__class__.__mro__}'.format('a')\ny = '{0.real.real}'.format(1)\nnn.LSTM(len(x), 4)",
    "split": "x = ('a ' * 3).split()\ny = '"
    + "a " * 400000
    + "'.split()\nfor i in y: nn.LSTM(3, 4)\nz = list(y)\nset(y)\nsorted(y)",
    "range1": "for i in range(10**18):\n    nn.LSTM(i, 4)\nx = list(range(10**18))\ny = sum(range(10**18))\nz = [i for i in range(10**18)]\nmax(range(10**18))\nsorted(range(10**18))\n*a, b = range(10**18)\nlen(range(10**30))",
    "range2": "for i in range(-10**30, 10**30, 7**30):\n    nn.LSTM(i, 4)",
    "range3": "len(range(10**30))\nnn.LSTM(len(range(10**30)), 4)\nfor i in range(0, 10**40): nn.LSTM(i, 3)",
    "nested_loops": "".join("  " * n + f"for i{n} in range(12):\n" for n in range(14)) + "  " * 14 + "nn.LSTM(3, 4)",
    "nested_comp": "x = [" * 14 + "nn.LSTM(3, 4)" + "".join(f" for i{n} in range(12)]" for n in range(14)),
    "doubling_nest": "x = [1]\n"
    + many("x = [x, x]", 60)
    + "\ny = [1]\n"
    + many("y = [y, y]", 60)
    + "\nz = x == y\nprint(x in [y])\nif z: nn.LSTM(3, 4)",
    "doubling_nest_t": "x = (1,)\n"
    + many("x = (x, x)", 60)
    + "\ny = (1,)\n"
    + many("y = (y, y)", 60)
    + "\nz = x == y\nw = x if flag else y\nif w is x: nn.LSTM(3, 4)\nfor i in range(100):\n    x = (x, y)",
    "doubling_join": "def f(c):\n    x = (1,)\n"
    + many("    x = (x, x)", 60)
    + "\n    y = (2,)\n"
    + many("    y = (y, y)", 60)
    + "\n    w = x if c else y\n    nn.LSTM(3, 4)(w)\n    for i in c:\n        x, y = y, x\n    return x",
    "doubling_json": "import json\nx = [1]\n"
    + many("x = [x, x]", 60)
    + "\ny = json.loads(json.dumps(x))\nnn.LSTM(y, 4)",
    "doubling_copy": "import copy\nx = [1]\n"
    + many("x = [x, x]", 60)
    + "\ny = copy.deepcopy(x)\nnn.LSTM(y, 4)\nprint(str(x), repr(x))\nnn.LSTM(*x)",
    "doubling_seq": "x = nn.Linear(3, 3)\n"
    + many("x = nn.Sequential(x, x)", 40)
    + "\nx(torch.zeros(2, 3))\nnn.LSTM(3, 4)\nx.parameters()\nlist(x.modules())\nx.state_dict()\ny=nn.ModuleList([x, nn.LSTM(3,4)])",
    "doubling_dict": "x = {'a': 1}\n"
    + many("x = {'a': x, 'b': x}", 60)
    + "\nimport copy\ny = copy.deepcopy(x)\nnn.LSTM(**y)\nz = x == y",
    "doubling_tensors": "x = torch.zeros(2)\n" + many("x = torch.cat([x, x])", 100) + "\nnn.LSTM(3, 4)(x)",
    "tensor_rank": "x = torch.zeros(2)\n" + many("x = x.unsqueeze(0)", 3000) + "\nnn.LSTM(3, 4)(x)",
    "tensor_rank2": "x = torch.zeros(*[2] * 64)\ny = torch.zeros([2] * 64 + [2] * 64)\nx.unbind()\nx.permute(*range(63, -1, -1))\nx.size(10**20)\nx.transpose(10**20, 0)\ntorch.zeros(2, 3).repeat(*[10**10] * 60)\nnn.LSTM(3, 4)(x)",
    "chunk": "x = torch.zeros(10**12, 3)\na = x.chunk(10**11)\nb = x.split(1)\nc = x.unbind()\nfor i in x: nn.LSTM(3, 4)(i)\nd = list(x)\n*e, f = x\ntorch.stack([x] * 10**9)\nx[:10**15:3]\nx.view(-1, 10**15)\nx.tensor_split(10**12)\ntorch.meshgrid(*[x] * 50)\nnp = __import__('numpy')",
    "numpy": "import numpy as np\nx = np.zeros((10**12, 3))\nnp.array_split(x, 10**11)\nnp.split(x, 10**12)\nnp.hsplit(x, 3)\nnp.linspace(0, 1, 10**15)\nnp.arange(10**30)\nnp.tile(x, (10**9,) * 40)\nnp.zeros(10**40)\nx.reshape(10**20, -1)\nnn.LSTM(3, 4)(torch.from_numpy(x))\nnp.repeat(x, 10**20)\nnp.eye(10**12)\nfor row in x: nn.LSTM(row.size, 3)",
    "einsum": "torch.einsum('"
    + "ab" * 20000
    + "', *[torch.zeros(2)] * 3)\ntorch.einsum('"
    + "...," * 30000
    + "->"
    + "a" * 30000
    + "', torch.zeros(2))\nnn.LSTM(3,4)",
    "conv": "nn.Conv2d(10**30, 10**30, 10**30)(torch.zeros(1, 1, 1, 1))\nnn.MaxPool1d(1, 10**20)(torch.zeros(3, 3, 3))\nnn.AdaptiveAvgPool2d(10**30)(torch.zeros(3, 3, 3))\nnn.LSTM(3, 4)\nnn.Unfold(10**10)(torch.zeros(1,1,10**12,10**12))",
    "pad": "torch.nn.functional.pad(torch.zeros(3), (10**30,) * 64)\nnn.LSTM(10**30, 10**30, 10**30)(torch.zeros(10**30, 10**30, 10**29))",
    "layers": "rnn = nn.LSTM(3, 4, 10**9, bidirectional=True)\nrnn.all_weights\nrnn.flatten_parameters()\nfor n, p in rnn.named_parameters(): print(n)\nlist(rnn.parameters())\nrnn.state_dict()\nh = rnn(torch.zeros(5, 3, 3))[1][0]\nh[0], h[-1], h.view(10**9, 2, 3, 4)\nfor s in h: pass",
    "layers2": "rnn = nn.LSTM(3, 4, 10**6)\nlen(rnn.all_weights)\nrnn.weight_ih_l999999\nrnn.load_state_dict(rnn.state_dict())",
    "namedtuple": "from collections import namedtuple\nT = namedtuple('T', 'a ' * 100000)\nU = namedtuple('U', ' '.join(['a', 'b']) * 3)\nnn.LSTM(3, 4)",
    "namedtuple_inject": "from collections import namedtuple\nT = namedtuple('T', ['a: object\\n    import os', 'b\\nraise SystemExit'])\nnn.LSTM(3, 4)\nT(1, 2)",
    "dataclass_many": "from dataclasses import make_dataclass\nT = make_dataclass('T', ['a' * 100000])\nnn.LSTM(3, 4)",
    "literal": "import ast\nx = ast.literal_eval('["
    + "[" * 5000
    + "')\ny = ast.literal_eval('"
    + "-" * 50000
    + "1')\nz = ast.literal_eval('1+'*20000 + '1')\nnn.LSTM(x, 4)",
    "literal2": "import ast\nx = ast.literal_eval('"
    + "[" * 90
    + "]" * 90
    + "')\nnn.LSTM(x, 4)\ny = ast.literal_eval('{[]: 1}')\nz = ast.literal_eval('{(1,): 2, 1j: 3, b\"a\": 4}')\nprint(y, z)\nw = ast.literal_eval('"
    + "9" * 5000
    + "')",
    "jsonloads": "import json\nx = json.loads('"
    + "[" * 50000
    + "')\ny = json.loads('"
    + "9" * 5000
    + "')\nz = json.loads('{\"a\": NaN}')\nnn.LSTM(x, y)",
    "argparse": "import argparse\np = argparse.ArgumentParser()\np.add_argument('--x', type=int, nargs=10**9, default='"
    + "9" * 5000
    + "')\np.add_argument('--y', type=int, default='"
    + "9" * 5000
    + "')\na = p.parse_args()\nnn.LSTM(a.x[0], a.y)\nnn.LSTM(a.y, 3)",
    "argparse2": "import argparse\np = argparse.ArgumentParser()\np.add_argument('--x', type=float, default='1e999')\na = p.parse_args(['--x', '"
    + "9" * 5000
    + "', '--"
    + "x" * 100000
    + "'])\nnn.LSTM(int(a.x), 3)",
    "floats": "x = 1e308 * 10\nnn.LSTM(int(x), int(x - x))\nint(float('nan'))\nround(float('inf'))\nnn.LSTM(x, x)(torch.zeros(int(1e308)))\nround(x)\ny = 10**300 * 1.0\nz = 10**400 / 3\nz = 10**400 * 1.5\nw = 1e308 // 1e-308\ndivmod(x, 0)\nabs(-x)\nmath = 1.0 % 0\n0.0 ** -1\n(-8) ** 0.5\n1 << -1\n10 ** -400\npow(0, -1)\nx < 10**400\nfloat(10**400)\nbool(10**400)",
    "huge_compare": "x = 2**62\nx = x*x*x*x*x*x*x*x*x*x*x*x*x*x*x*x*x*x*x*x*x*x*x*x*x*x*x*x*x*x\nx = x*x*x*x*x*x*x*x*x*x*x*x*x*x*x*x*x*x*x*x*x*x*x*x*x*x*x*x*x*x\ny = x < 1.5\nfloat(x)\nz = x / 2\nw = x * 1.5\nstr(x)\n'%d' % x\n'{}'.format(x)\nint(str(x))\nnn.LSTM(x, 3)(torch.zeros(x, 2, x + 1))\nround(x, 3)\nd = {x: 1}\nnn.LSTM(d[x], 2)\nhash(x)\nx == 1.5\nx // 0.5\nmax(x, 1.5)\nsum([x, 1.5])\nx ** 0.5\nx % 1.5\n-x\n~x",
    "selfinherit": "class A(A): pass\nclass B(nn.Module, B): pass\nB()\nB().forward(1)\nA()",
    "selfinherit2": "class A(nn.Module): pass\nclass B(A): pass\nA.__bases__ = (B,)\nclass A(B):\n    def __init__(self): super().__init__(); self.rnn = nn.LSTM(3, 4)\nclass B(A): \n    def forward(self, x): return super().forward(x)\nclass A(B, B, A): pass\nA()(torch.zeros(3))",
    "diamond": "class C0(nn.Module): pass\n"
    + "\n".join(f"class C{n}(C{n - 1}, C{n - 1}): pass" for n in range(1, 40))
    + "\nC39()\nx = C39().rnn\nnn.LSTM(3, 4)",
    "diamond2": "class C0(nn.Module): pass\nclass D0(nn.Module): pass\n"
    + "\n".join(f"class C{n}(C{n - 1}, D{n - 1}): pass\nclass D{n}(D{n - 1}, C{n - 1}): pass" for n in range(1, 40))
    + "\nC39()\nx = C39().rnn\nnn.LSTM(3, 4)",
    "longchain": "class C0(nn.Module):\n    def forward(self, x): return nn.LSTM(3, 4)(x)\n"
    + "\n".join(f"class C{n}(C{n - 1}):\n    def forward(self, x): return super().forward(x)" for n in range(1, 800))
    + "\nC799()(torch.zeros(2, 3, 4))",
    "meta": "class M(type):\n    def __new__(m, *a, **k): return m(*a, **k)\n    def __call__(c, *a): return c(*a)\n    def __getattr__(c, n): return getattr(c, n)\n    def __prepare__(*a): return M\nclass A(nn.Module, metaclass=M):\n    x = A.y\n    def __init__(self): self.rnn = nn.LSTM(3, 4)\n    def __new__(cls): return cls()\nA()\nA.z\nclass N(N := M, metaclass=N): pass",
    "property": "class A(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.rnn = nn.LSTM(3, 4)\n    @property\n    def x(self): return self.y + self.x\n    @property\n    def y(self): return self.x * self.y\n    def forward(self, t): return self.rnn(t[self.x:self.y])\nA()(torch.zeros(self.x))\nA().x",
    "getattr_loop": "class A(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.rnn = nn.LSTM(3, 4)\n    def __getattr__(self, n): return getattr(self, n + n)\n    def __getattribute__(self, n): return self.__getattr__(n)\n    def __getitem__(self, i): return self[i]\n    def __len__(self): return len(self)\n    def __call__(self, *a): return self(*a, *a)\n    def __iter__(self): return iter(self)\n    def __enter__(self): return self.__enter__()\n    def __bool__(self): return bool(self)\n    def __add__(self, o): return self + o\n    def __eq__(self, o): return self == o\nx = A()\nx.y\nx[0]\nlen(x)\nx(1, 2)\nfor i in x: pass\nwith x: pass\nif x: pass\nx + x\nx == x\nlist(x)",
    "mutual": "def f(n): return g(n) + h(n)\ndef g(n): return h(n) + f(n)\ndef h(n): return f(n) + g(n)\nnn.LSTM(f(1), g(2))(torch.zeros(h(3)))",
    "ackermann": "def a(m, n): return n + 1 if m == 0 else a(m - 1, 1) if n == 0 else a(m - 1, a(m, n - 1))\nnn.LSTM(a(5, 5), 3)",
    "fanout": "def f0(x): return nn.LSTM(3, 4)(x)\n"
    + "\n".join(f"def f{n}(x): return f{n - 1}(x), f{n - 1}(x), f{n - 1}(x)" for n in range(1, 60))
    + "\nf59(torch.zeros(2, 2, 3))",
    "lambda_y": "Y = lambda f: (lambda x: f(lambda v: x(x)(v)))(lambda x: f(lambda v: x(x)(v)))\nnn.LSTM(Y(lambda s: lambda n: s(n))(3), 4)\n(lambda x: x(x))(lambda x: x(x))\nw = lambda x: (x(x), x(x))\nw(w)",
    "branches": "def f("
    + ", ".join(f"a{n}" for n in range(60))
    + "):\n    x = 1\n"
    + "".join(f"    if a{n}: x = x * 2\n    else: x = x + 3\n" for n in range(60))
    + "    return nn.LSTM(x, x)(torch.zeros(1, 1, x + 1))",
    "branches_nest": "def f(a):\n"
    + "".join("    " * (n + 1) + f"if a[{n}]:\n" for n in range(18))
    + "    " * 19
    + "return nn.LSTM(3, 4)(a)\n",
    "branches_expr": "def f(a):\n    x = "
    + "(" * 40
    + "1"
    + "".join(f" if a[{n}] else {n})" for n in range(40))
    + "\n    y = x * x * x + x\n    return nn.LSTM(y, 4)(torch.zeros(1, 1, y + 1))",
    "branches_layers": "def f(a):\n    l = nn.LSTM(3, 4)\n"
    + "".join(f"    l = nn.GRU({n}, 4) if a[{n}] else l\n" for n in range(60))
    + "    for i in a:\n        l = l if i else nn.LSTM(i, 3)\n        x, _ = l(torch.zeros(2, 3, 3))\n    return x",
    "elif": "def f(a):\n    if a == 0: r = nn.LSTM(1, 1)\n"
    + "".join(f"    elif a == {n}: r = nn.LSTM({n}, 1)\n" for n in range(1, 900))
    + "    return r(torch.zeros(1, 2, 3))",
    "match": "def f(a):\n    match a:\n"
    + "".join(f"        case [{n}, *_] | {{'a': {n}}}: r = nn.LSTM({n + 1}, 1)\n" for n in range(900))
    + "    return r(torch.zeros(1, 2, 3))",
    "match_or": "def f(a):\n    match a:\n        case "
    + " | ".join(f"[{n}, *_]" for n in range(3000))
    + ": r = nn.LSTM(1, 1)\n    return r(torch.zeros(1, 2, 3))",
    "tries": "def f(a):\n"
    + "".join("    " * (n + 1) + "try:\n" for n in range(18))
    + "    " * 19
    + "nn.LSTM(3, 4)(a)\n"
    + "".join(
        "    " * (n + 1)
        + "except a as e:\n"
        + "    " * (n + 2)
        + "nn.LSTM(3, 4)(e)\n"
        + "    " * (n + 1)
        + "finally:\n"
        + "    " * (n + 2)
        + "nn.LSTM(3, 4)(a)\n"
        for n in reversed(range(18))
    ),
    "boolchain": "def f(a):\n    if "
    + " and ".join(f"a[{n}]" for n in range(3000))
    + ": return nn.LSTM(3, 4)(a)\n    if "
    + " or ".join(f"a[{n}] == {n}" for n in range(3000))
    + ": return nn.LSTM(3, 4)(a)",
    "binop_deep": "x = " + "+".join(["1"] * 5000) + "\nnn.LSTM(x, 4)",
    "binop_deep2": "x = " + "+".join(["a"] * 5000) + "\nnn.LSTM(x, 4)",
    "attr_deep": "x = nn" + ".a" * 3000 + "\nnn.LSTM(x, 4)",
    "call_deep": "x = nn.LSTM(3, 4)" + "(1)" * 3000 + "\n",
    "sub_deep": "x = nn.LSTM(3, 4)(torch.zeros(2,3,3))" + "[0]" * 3000 + "\n",
    "unary_deep": "x = " + "-" * 3000 + "1\nnn.LSTM(x, 4)\ny = " + "not " * 3000 + "x",
    "lambda_deep": "x = " + "lambda: " * 900 + "nn.LSTM(3, 4)\nx()",
    "list_deep": "x = " + "[" * 90 + "nn.LSTM(3, 4)" + "]" * 90,
    "func_deep": "".join(" " * n + f"def f{n}():\n" for n in range(95)) + " " * 95 + "nn.LSTM(3, 4)",
    "class_deep": "".join(" " * n + f"class C{n}(nn.Module):\n" for n in range(95)) + " " * 95 + "r = nn.LSTM(3, 4)",
    "if_deep": "".join(" " * n + "if x:\n" for n in range(95)) + " " * 95 + "nn.LSTM(3, 4)",
    "with_deep": "".join(" " * n + "with x:\n" for n in range(19)) + " " * 19 + "nn.LSTM(3, 4)",
    "wide_args": "nn.LSTM(" + ", ".join(["3"] * 100000) + ")",
    "wide_kw": "nn.LSTM(" + ", ".join(f"a{n}=3" for n in range(50000)) + ")",
    "wide_list": "x = ["
    + ", ".join(["3"] * 200000)
    + "]\nfor i in x: nn.LSTM(i, 4)\nsorted(x)\nset(x)\ndict(enumerate(x))\nx in x\nx == x[:]\ny = x + x\nlist(zip(x, x, x))\ntorch.tensor(x)\nlist(map(str, x))\nsum(x)\nx.sort()\nx.index(4)",
    "wide_set": "x = {" + ", ".join(f"'{n}'" for n in range(50000)) + "}\ndef f(a):\n    if a in x: nn.LSTM(3, 4)",
    "wide_dict": "x = {"
    + ", ".join(f"'{n}': {n}" for n in range(50000))
    + "}\ndef f(a):\n    if a in x: nn.LSTM(x[a], 4)\n    for k, v in x.items(): nn.LSTM(v, 4)\n    x.update(a)\n    return x[a]",
    "wide_tensor": "x = torch.tensor([" + ", ".join(["[1, 2, 3]"] * 50000) + "])\nnn.LSTM(3, 4)(x)",
    "many_classes": "".join(
        f"class C{n}(nn.Module):\n    def __init__(self): super().__init__(); self.r = nn.LSTM({n + 1}, 4)\n    def forward(self, x): return self.r(x)\n"
        for n in range(200)
    ),
    "many_names": "from torch.nn import *\n" + "".join(f"x{n} = LSTM({n + 1}, 4)\n" for n in range(1000)),
    "long_line": "x = '" + "a" * 5_000_000 + "'\nnn.LSTM(3, 4)(torch.zeros(2, 3, 4)) # " + "é" * 1_000_000,
    "long_line2": "nn.LSTM(3, 4)(torch.zeros(2, 3, 4));" * 1000,
    "longname": "x" * 1_000_000 + " = nn.LSTM(3, 4)\n" + "x" * 1_000_000 + "(torch.zeros(2, 3, 4))",
    "longcond": "def f("
    + "x" * 100_000
    + "):\n    r = nn.LSTM(3, 4, bidirectional="
    + "x" * 100_000
    + ")\n    r(torch.zeros(2, 3, 4))",
    "noqa": "nn.LSTM(3, 4) # " + "noqa:" * 200_000,
    "noqa2": "nn.LSTM(3, 4) # " + "lstmcheck: ignore[" * 100_000,
    "noqa3": "nn.LSTM(3, 4) # lstmcheck: ignore[" + "LSTM101," * 100_000 + "]",
    "noqa4": "nn.LSTM(3, 4) # lstmcheck:" + " " * 300_000 + "x",
    "imports": "from a import (\n" * 60_000 + "\nnn.LSTM(3, 4)",
    "imports2": "x = '''\n" + "from a import (\n" * 60_000 + "'''\nnn.LSTM(3, 4)",
    "imports3": "x = '''\n" + "import a as b, " * 60_000 + "'''\nnn.LSTM(3, 4)",
    "imports4": "import sys\nsys.path.append('"
    + "../" * 100_000
    + "')\nimport importlib\nimportlib.import_module('"
    + "a." * 100_000
    + "')\nfrom "
    + "." * 50_000
    + " import x\nnn.LSTM(3, 4)",
    "imports5": "from " + "a." * 3_000 + "b import x\nimport " + "a." * 3_000 + "b\nnn.LSTM(3, 4)",
    "globals": "def f():\n    global f, nn\n    nonlocal_ = f()\n    f = nn.LSTM(f, f)\n    del f, nn\nf()\nf()\ndel f\nf()\nglobals()['f'] = f\nlocals()\nvars()\nexec('f()')\neval('f()')\ncompile('f', 'f', 'exec')",
    "vars_self": "class A: pass\na = A()\na.__dict__ = a\nb = vars(a)\nb['b'] = b\na.a = a\nnn.LSTM(a.a.a.b, **b)\nimport copy\ncopy.deepcopy(a)\na.__class__ = a\nx = [a, b]; x.append(x); str(x)\nx == x\nx in x\ny=[]; y.append(y); x == y\nt = ([],); t[0].append(t); t == (t,)\nimport json; json.dumps(x)\ncopy.deepcopy(x)\nsorted(x)\ntorch.tensor(x)\nnn.Sequential(*x)\nnn.ModuleList(x)",
    "self_module": "a = nn.ModuleList()\na.append(a)\na.add_module('a', a)\nb = nn.Sequential(a)\nb.append(b)\nb(torch.zeros(3))\na.state_dict()\nlist(a.modules())\nlist(a.parameters())\na.apply(lambda m: m.apply(a))\nlen(a)\nfor m in a: nn.LSTM(m, 3)\nclass N(nn.Module):\n    def __init__(self):\n        super().__init__(); self.n = self; self.r = nn.LSTM(3, 4); self.l = nn.ModuleList([self])\n    def forward(self, x): return self.n(self.l[0](x))\nN()(torch.zeros(3))\nN().state_dict()\nN().load_state_dict(N().state_dict())\nlist(N().parameters())\ntorch.save(N(), 'a'); torch.load('a')",
    "gen": "def g():\n    yield from g()\n    yield g()\n    x = yield\n    for i in g(): yield i, i\nlist(g())\nfor x in g(): nn.LSTM(x, 3)\n[*g(), *g()]\ndict(g())\nsum(g())",
    "decor": "def d(f): return d(d)(f)\n@d\n@d\ndef f(x): return nn.LSTM(3, 4)(x)\nf(1)\n@(lambda f: f(f))\ndef g(f): return f(f)\n@d\nclass A(nn.Module): pass\nA()",
    "partial": "from functools import partial, reduce, lru_cache\nf = nn.LSTM\n"
    + many("f = partial(f, 1)", 3000)
    + "\nf()\ng = partial(print)\ng = partial(g, g)\nreduce(lambda a, b: a + a, range(10**9), 'ab')\nreduce(lambda a, b: a + a, range(40), 'ab')\nlru_cache(lru_cache)(lru_cache)",
    "reduce": "from functools import reduce\nx = reduce(lambda a, b: a + a, range(64), [0])\nnn.LSTM(len(x), 4)\nimport operator\ny = reduce(operator.mul, range(1, 100000))\nnn.LSTM(y, 4)",
    "itertools": "import itertools\nx = list(itertools.product(range(12), repeat=12))\ny = list(itertools.permutations(range(12)))\nz = list(itertools.combinations(range(30), 15))\nw = itertools.chain(*[range(12)] * 12)\nlist(itertools.repeat(0, 10**12))\nlist(itertools.accumulate(range(100)))\nnn.LSTM(len(x), len(y))",
    "prod": "import math\nmath.prod(range(1, 10**6))\nmath.factorial(10**6)\nmath.comb(10**6, 10**5)\nmath.pow(10, 400)\nmath.ceil(1e308)\nmath.log2(10**400)\nmath.sqrt(10**400)\nmath.exp(1000)\nmath.gcd(10**30, 3)\nmath.floor(float('inf'))\nnn.LSTM(math.factorial(1000), math.prod([10**12] * 60))",
    "slices": "x = list(range(12))\nx[::0]\nx[10**30:]\nx[::-10**30]\nx[10**30]\n'abc'[::0]\n'abc'[10**40]\n(1, 2)[::0]\nx[5:2:-1] = x\ndel x[::2]\nx[::2] = [1]\nx.insert(10**40, 1)\nx.pop(10**40)\ntorch.zeros(3)[::0]\ntorch.zeros(3)[10**40]\ntorch.zeros(3)[10**40:]\nnn.LSTM(3, 4)",
    "deepcalls": "\n".join(f"def f{n}(x): return f{n + 1}(x)" for n in range(500))
    + "\ndef f500(x): return nn.LSTM(3, 4)(x)\nf0(torch.zeros(1, 2, 4))",
    "unpack": "a, *b, c = range(10**12)\n(a, b), c = [1] * 10**12, 3\n"
    + "[" * 40
    + "a"
    + "]" * 40
    + " = x\n"
    + ", ".join(f"a{n}" for n in range(20000))
    + " = torch.zeros(20000)\nnn.LSTM(3, 4)",
    "augassign": "x = [nn.LSTM(3, 4)]\nx *= 10**10\nx += x\nx **= x\ny = 2\ny **= y**y**y**y\ny <<= y\nx[0] <<= 10**10\nt = (1,)\nt *= 10**9\nt += t",
    "fstr": "x = f'{" + "1+" * 3000 + "1}'\ny = f'" + "{1}" * 20000 + "'\nnn.LSTM(len(y), 4)",
    "strhuge": "x = '"
    + "x" * 2_000_000
    + "'\nfor i in range(3): x = x.replace('x', 'yy')\nx.split('y')\nlist(x)\nset(x)\nx.count('y')\nnn.LSTM(len(x), 4)\nd = {x: x}\nd[x]\nsetattr(nn, x, x)\ngetattr(nn, x)\nx == 'a'\n'a' in x\nx in 'a'",
    "squares_of_a_choice": "def f(flag):\n    x = 3 if flag else 0\n    y = 3 if flag else 1\n"
    + many("    x = x * x; y = y * y", 40)
    + "\n    return nn.LSTM(x, y)(torch.zeros(2, 3, x + 1))",
    "many_attributes": "class A(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
    + "".join(f"        self.r{n} = nn.LSTM(3, 4)\n" for n in range(3000))
    + "    def forward(self, x):\n"
    + "".join(f"        x = self.r{n}(x)[0]\n" for n in range(3000))
    + "        return x\n",
    "many_methods": "class A(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.r = nn.LSTM(3, 4)\n"
    + "".join(f"    def m{n}(self, x):\n        return self.r(x)[0]\n" for n in range(5000)),
    "long_list_of_layers": "l = nn.ModuleList([nn.LSTM(4, 4) for _ in range(10000)])\nm = nn.ModuleList(["
    + "nn.LSTM(4, 4), " * 10_000
    + "])\nx = torch.zeros(3, 3, 4)\nfor r in (*l, *m):\n    x, _ = r(x)\n",
    "huge_as_written": "x = 10**10**8\nz = 2**(10**10**8)\nnn.LSTM(x, 4)(torch.zeros(z))\npow(10, 10**9)\nint('1' * 10**9)",
    "decorators": "def d(f): return f\n" + "@d\n" * 3000 + "def f(x): return nn.LSTM(3, 4)(x)\nf(torch.zeros(2, 3, 4))",
    "endless": "def g():\n    while True:\n        yield nn.LSTM(3, 4)\nx = list(g())\nwhile y := next(g()): y(1)\nfor i in g(): i(1)",
    "walrus": "if " + " and ".join(f"(y{n} := nn.LSTM({n}, 4))" for n in range(1000)) + ": pass",
    "type_parameters": "type A[T] = A[A[T]]\nclass B[T: A, *U, **V](nn.Module):\n    def f[X: B](self, x: X) -> B[X]: return self.f[X](x)\nnn.LSTM(3, 4)",
    "exception_groups": "def f(a):\n    try:\n        nn.LSTM(3, 4)(a)\n"
    + "".join(f"    except* E{n} as e:\n        nn.LSTM(3, 4)(e)\n" for n in range(800)),
    "fibonacci": "def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)\nnn.LSTM(fib(40), fib(35))(torch.zeros(2, 3, fib(30)))",
    "large_dict": "c = {"
    + ", ".join(f"'k{n}': {{'a': [{n}, {{'b': ({n}, {n})}}]}}" for n in range(20_000))
    + "}\ndef f(k): return nn.LSTM(c[k]['a'][0], 4)\nf('k3')(torch.zeros(2, 3, 4))",
    "long_line_of_text": "x = '" + "é" * 100_000 + "'; " + "nn.LSTM(3, 4)(torch.zeros(2, 3, 4)); " * 400,
    "huge_axes": "def f(x):\n    a = x.shape[:10**9]\n    b = x.shape[-10**9:]\n    x.unsqueeze(10**9)\n    x.sum(list(range(10**9)))\n    x[(None,) * 10**9]\n    torch.zeros((1,) * 10**9)\n    return nn.LSTM(3, 4)(x)",
}
