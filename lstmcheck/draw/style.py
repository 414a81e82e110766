"""Colours: Okabe and Ito's blue and green for the directions, vermilion for mistakes only; light, and dark by CSS."""

from __future__ import annotations

STYLE = """
.lc-page{fill:#ffffff;stroke:#d0d7de}
.lc-label{fill:#ffffff}
.lc-mono{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
.lc-small{font:11.5px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
.lc-prose{font:12.5px system-ui,-apple-system,"Segoe UI",Helvetica,Arial,"DejaVu Sans",sans-serif}
.lc-strong{font-weight:600}
.lc-ink{fill:#1b1f24}
.lc-grey{fill:#59636e}
.lc-wrong{fill:#b34700;font-weight:700}
.lc-box{fill:#f6f8fa;stroke:#8c959f}
.lc-frame{fill:none;stroke:#8c959f;stroke-width:1.5}
.lc-absent{fill:none;stroke:#d0d7de}
.lc-neutral{fill:#e4e8ed;stroke:#8c959f}
.lc-forward{fill:#cbe6f8;stroke:#0072b2}
.lc-reverse{fill:#cdeee3;stroke:#009e73}
.lc-hatch{stroke:#009e73;stroke-opacity:.28}
.lc-bad{fill:none;stroke:#d55e00;stroke-width:2;stroke-dasharray:6 4}
.lc-cross{fill:none;stroke:#d55e00;stroke-width:2.4}
.lc-code{fill:#f6f8fa;stroke:#d0d7de}
.lc-arrow,.lc-thin{fill:none;stroke:#59636e;stroke-width:1.5}
.lc-thin{stroke-width:1}
.lc-arrow-head,.lc-thin-head{fill:#59636e}
.lc-way-forward{fill:none;stroke:#0072b2;stroke-width:1.5}
.lc-way-reverse{fill:none;stroke:#009e73;stroke-width:1.5}
.lc-way-forward-head{fill:#0072b2}
.lc-way-reverse-head{fill:#009e73}
@media (prefers-color-scheme:dark){
.lc-page{fill:#0d1117;stroke:#30363d}
.lc-label{fill:#0d1117}
.lc-ink{fill:#e6edf3}
.lc-grey{fill:#9ba6b2}
.lc-wrong{fill:#ff9a4d}
.lc-box{fill:#161b22;stroke:#6e7681}
.lc-frame{stroke:#6e7681}
.lc-absent{stroke:#3d444d}
.lc-neutral{fill:#2a3038;stroke:#6e7681}
.lc-forward{fill:#123c58;stroke:#56b4e9}
.lc-reverse{fill:#0e3f32;stroke:#2fc79a}
.lc-hatch{stroke:#2fc79a}
.lc-bad,.lc-cross{stroke:#f0732a}
.lc-code{fill:#161b22;stroke:#30363d}
.lc-arrow,.lc-thin{stroke:#9ba6b2}
.lc-arrow-head,.lc-thin-head{fill:#9ba6b2}
.lc-way-forward{stroke:#56b4e9}
.lc-way-reverse{stroke:#2fc79a}
.lc-way-forward-head{fill:#56b4e9}
.lc-way-reverse-head{fill:#2fc79a}
}
"""
