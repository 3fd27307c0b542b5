/** The few texts of embed.js, in the language of the site. */

/** By language; the build puts the catalogues' `page.embed.*` here. */
declare const EMBED_TEXTS: Record<string, { title: string; close: string; open: string; slow: string; failed: string; retry: string }>;

export function texts() {
  const language = document.documentElement.lang.slice(0, 2).toLowerCase();
  return EMBED_TEXTS[language] ?? EMBED_TEXTS["en"]!;
}
