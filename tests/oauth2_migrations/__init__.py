"""What the tests have in place of the migrations of ``oauth2_provider``, which take as long as all others."""
