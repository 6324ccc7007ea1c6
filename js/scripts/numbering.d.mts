/** The metadata of libphonenumber-js, made into the table's source. */
export function table(metadata: unknown): object;
export function rust(made: object, version: string): string;
