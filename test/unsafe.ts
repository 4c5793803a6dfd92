// What no text for a terminal, a plan or a log may hold: control characters but line ends and tabs, and marks that turn or break lines.
export const unsafe = /[^\P{Cc}\n\t]|[\p{Bidi_Control}\p{Zl}\p{Zp}]/u
