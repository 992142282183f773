"""Lists of people brought in from elsewhere: read, matched to our fields, checked in whole, written in whole or not at all."""
