"""What is explained: a page for every rule, made from its module, and one for every text of torch's errors."""
