# Every verb is make.py's, so that `python make.py VERB` does the same where there is no make.
PYTHON ?= python3
VERBS = help env course test test-all lab refresh results slides pins clean

.DEFAULT_GOAL := help
.PHONY: $(VERBS)

$(VERBS):
	@$(PYTHON) make.py $@ $(NAME) $(ARGS)
