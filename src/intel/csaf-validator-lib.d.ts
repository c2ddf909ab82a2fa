/** The library carries no types; each of its modules exports tests by name. */
declare module "@secvisogram/csaf-validator-lib/*";
