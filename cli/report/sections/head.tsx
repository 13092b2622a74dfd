import type { ComponentChildren } from "preact";

/** The head of a self-contained page, with its styles. */
export function PageHead(page: {
  readonly title: string;
  /** Its Content-Security-Policy. */
  readonly policy: string;
  readonly style: string;
  readonly children?: ComponentChildren;
}) {
  return (
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <meta http-equiv="Content-Security-Policy" content={page.policy} />
      <title>{`${page.title} · Throughline`}</title>
      {page.children}
      <style dangerouslySetInnerHTML={{ __html: page.style }} />
    </head>
  );
}
