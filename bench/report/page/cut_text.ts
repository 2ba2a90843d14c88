/** As much of a text as fits into so many pixels in the font that is set, with a sign that there is more. */
export function cutText(ctx: CanvasRenderingContext2D, text: string, width: number): string {
  if (ctx.measureText(text).width <= width) return text;
  let kept = text.slice(0, 200);
  while (kept !== "" && ctx.measureText(`${kept}…`).width > width) kept = kept.slice(0, -1);
  return `${kept}…`;
}
