/** Each profile's file and what it holds. */
export declare const profiles: Readonly<Record<string, string>>;
