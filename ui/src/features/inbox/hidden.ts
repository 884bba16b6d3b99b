/** Lines of a command that are out of view, as they are drawn. */
export type Hidden = { readonly above: number; readonly below: number };

export const allInView: Hidden = { above: 0, below: 0 };
