/** The style sheet of embed.js, in the site's page. */

// Classes, so that a site's rules for all buttons do not apply, but its own for these classes can.
// A sheet that a script makes is allowed by any Content-Security-Policy.
const STYLE = `
.linktime-popup{box-sizing:border-box;width:min(66rem,100vw - 2rem);height:min(48rem,100dvh - 2rem);
max-width:none;max-height:none;padding:0;border:0;border-radius:1rem;overflow:hidden;
background:light-dark(#fff,#1d1b18);color:light-dark(#1e1c17,#f1ede5)}
.linktime-popup[open]{display:grid;grid-template-rows:auto minmax(0,1fr)}
.linktime-popup::backdrop{background:rgb(0 0 0/.5)}
.linktime-close{justify-self:end;width:2.75rem;height:2.75rem;margin:.25rem;border:0;border-radius:50%;
background:none;color:inherit;font:1.75rem/1 system-ui;cursor:pointer}
.linktime-button{position:fixed;inset-block-end:1rem;inset-inline-end:1rem;z-index:2147483000;
min-height:3rem;max-width:calc(100vw - 2rem);padding:.75rem 1.5rem;border:0;border-radius:1.5rem;background:#0c5c4c;
color:#fff;font:600 1rem/1.25 system-ui;cursor:pointer}
.linktime-close:focus-visible,.linktime-button:focus-visible{outline:3px solid;outline-offset:2px}
.linktime-close:focus-visible{outline-offset:-3px}
.linktime-view{position:relative;outline:none}
.linktime-cover{position:absolute;inset:0;overflow:hidden}
.linktime-outline{padding:2rem 1rem;opacity:.09}
.linktime-outline::before,.linktime-outline::after{content:"";display:block}
.linktime-outline::before{width:min(15rem,60%);height:2rem;margin-bottom:2rem;border-radius:.5rem;background:currentColor}
.linktime-outline::after{max-width:26rem;height:17.5rem;
background:repeating-linear-gradient(90deg,currentColor 0 11%,#0000 0 14.8%);
mask:repeating-linear-gradient(#000 0 2.5rem,#0000 0 3rem)}
.linktime-note{padding:1rem}
.linktime-note button{display:block;min-height:2.75rem;margin-top:.75rem;padding:.5rem 1.25rem;
border:1px solid;border-radius:.625rem;background:none;color:inherit;font:inherit;cursor:pointer}
@media(max-width:40rem){.linktime-popup{width:100vw;height:100dvh;border-radius:0}}
`;

let hasStyle = false;

export function style(): void {
  if (hasStyle) return;
  hasStyle = true;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}
