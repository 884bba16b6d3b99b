/** The session that a request was asked in, where its window knows it: its title and the way there. */
export type SessionLink = { title: string; href: string };
