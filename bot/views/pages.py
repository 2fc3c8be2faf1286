"""A plan as a page to read or print; plain HTML, no script."""

from __future__ import annotations

from jinja2 import DictLoader, Environment, StrictUndefined, select_autoescape

from playbooks.shape import Playbook

PLAN = """<!doctype html><html lang="{{ lang }}"><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1"><title>{{ label }}</title>
<style>body{font:16px/1.6 "Noto Sans CJK SC","PingFang SC",system-ui,sans-serif;max-width:48rem;margin:2rem auto;
padding:0 1rem;color:#1a1c1e;background:#fff}h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem;
border-bottom:1px solid #ccc}table{border-collapse:collapse;width:100%}td,th{border:1px solid #bbb;padding:.35rem .5rem;
text-align:left;vertical-align:top}code{color:#555}@media(prefers-color-scheme:dark){body{background:#16181a;color:#e8eaed}}
</style><h1>{{ book.title.said(lang) }}</h1><p><code>{{ label }}</code> · {{ book.tier.words.said(lang) }}</p>
<p>{{ book.scope.said(lang) }}</p>
<h2>{{ "响应级别" if lang == "zh" else "Response levels" }}</h2><table>
{% for rule in book.levels %}<tr><th>{{ rule.level.value }}</th><td>{{ rule.when.said(lang) }}</td>
<td>{{ rule.measures.said(lang) }}</td></tr>{% endfor %}</table>
<h2>{{ "角色" if lang == "zh" else "Roles" }}</h2><table>
{% for role in book.roles %}<tr><th>{{ role.title.said(lang) }}</th><td>{{ role.start.value }}</td>
<td>{{ role.brief.said(lang) }}</td></tr>{% endfor %}</table>
<h2>{{ "任务" if lang == "zh" else "Tasks" }}</h2><table>
{% for task in book.tasks %}<tr><td><code>{{ task.id }}</code></td><td>{{ book.role(task.role).title.said(lang) }}</td>
<td>{{ task.start.value }}</td><td>{{ task.do.said(lang) }}</td></tr>{% endfor %}</table>
<h2>{{ "报送义务" if lang == "zh" else "Duties to report" }}</h2><table>
{% for duty in book.duties %}<tr><td>{{ duty.title.said(lang) }}</td><td>{{ duty.addressee.words.said(lang) }}</td>
<td><code>{{ duty.regime }}</code></td></tr>{% endfor %}</table></html>"""

ENV = Environment(loader=DictLoader({"plan.html": PLAN}), autoescape=select_autoescape(), undefined=StrictUndefined)


def plan(book: Playbook, label: str, lang: str) -> str:
    """The plan as one HTML page."""
    return ENV.get_template("plan.html").render(book=book, label=label, lang="zh" if lang == "zh" else "en")
