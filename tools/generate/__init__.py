"""`make generate`: what follows from the models of the arguments, written anew."""
