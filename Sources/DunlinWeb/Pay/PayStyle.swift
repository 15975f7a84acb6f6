import DunlinCore

/// The one style sheet of the recovery pages. The policy of the pages names its hash, so that nothing else is applied.
enum PayStyle {
    static let sheet: StaticString = """
        :root{color-scheme:light dark;--ink:#1d2430;--faint:#5b6472;--line:#d5dae1;--paper:#fff;--back:#f2f4f7;\
        --act:#14532d;--act-ink:#fff;--note:#7c2d12;--note-back:#fff4ec}
        @media (prefers-color-scheme:dark){:root{--ink:#e8ebf0;--faint:#a3acb9;--line:#39424f;--paper:#1a2029;\
        --back:#11151b;--act:#86efac;--act-ink:#052e16;--note:#fed7aa;--note-back:#3b2415}}
        *{box-sizing:border-box}
        body{margin:0;background:var(--back);color:var(--ink);font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,\
        "Liberation Sans",sans-serif}
        main{max-width:28rem;margin:0 auto;padding:2rem 1rem 3rem}
        .card{background:var(--paper);border:1px solid var(--line);border-radius:.75rem;padding:1.5rem}
        .from{margin:0 0 .75rem;color:var(--faint);font-weight:600}
        h1{margin:0 0 1rem;font-size:1.375rem;line-height:1.3}
        dl{margin:0 0 1.25rem;border-top:1px solid var(--line)}
        dl div{display:flex;justify-content:space-between;gap:1rem;padding:.6rem 0;border-bottom:1px solid var(--line)}
        dt{color:var(--faint)}
        dd{margin:0;text-align:right;overflow-wrap:anywhere}
        .amount dd{font-size:1.25rem;font-weight:700}
        form{margin:0}
        button{display:block;width:100%;margin:.75rem 0 0;padding:.8rem 1rem;border:2px solid var(--act);\
        border-radius:.5rem;background:transparent;color:inherit;font:inherit;font-weight:600;cursor:pointer}
        button.main{background:var(--act);color:var(--act-ink)}
        button:focus-visible,a:focus-visible{outline:3px solid #2563eb;outline-offset:2px}
        a{color:inherit}
        p{margin:.75rem 0 0}
        .faint{color:var(--faint);font-size:.9375rem}
        .note{margin:0 0 1.25rem;padding:.75rem 1rem;border-left:.25rem solid var(--note);background:var(--note-back);\
        color:var(--note);border-radius:.25rem}
        """

    /// As a Content-Security-Policy names it.
    static let hash = "sha256-" + HexDigest.base64SHA256("\(sheet)")
}
