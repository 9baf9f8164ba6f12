/** Texts that have broken programs: what a database keeps to the letter, and a page shows inert. */
export const HOSTILE_TEXTS = [
  `Robert'); drop table tasks; --`,
  `"double" 'single' \`back\` \\ backslash \\0 \\u0000`,
  '<script>alert(1)</script><img src=x onerror=alert(1)>',
  '😀 👩‍👩‍👧‍👦 🏳️‍🌈 𝒳 𐍈',
  'שלום עולם مرحبا \u202e reversed \u202c',
  'e\u0301 \u00e9 İ ı ß ſ',
  '% _ $1 ? :name ${x} {{x}} %s',
  '\ufeff\u200b\u2028\u2029\u00a0',
  'tab\tline\nreturn\r\n',
  '',
  ' '.repeat(100),
  'null',
  '__proto__',
  'x'.repeat(10_000),
];
