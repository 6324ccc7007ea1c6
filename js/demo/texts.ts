/** What the demo sends, and to whom: numbers that the regulators keep free for fiction, texts as small firms write them. */

export const account = "blue-door-dental";

/** ACMA, Ofcom and the North American Numbering Plan reserve these for drama. */
export const numbers = {
  australia: "+61491570006",
  unitedKingdom: "+447700900123",
  usa: "+12025550147",
  canada: "+16135550107",
} as const;

/** The UK number of the n-th patient who is reminded. */
export function patient(index: number): string {
  return `+4477009002${String(index).padStart(2, "0")}`;
}

export const texts = {
  reminder: "Hi Ana, your check-up is on Tuesday at 9:30. Reply YES to confirm.",
  emoji: "Thanks for coming in 😀 Would you leave Blue Door Dental a review? It takes a minute.",
  straight:
    "Hi Ben, it's six months since your last check-up. Book on our website, or reply to this message and we will call you.",
  curly:
    "Hi Ben, it’s six months since your last check-up. Book on our website, or reply to this message and we will call you.",
} as const;
