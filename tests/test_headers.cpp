// Its precompiled headers are what it is for.
