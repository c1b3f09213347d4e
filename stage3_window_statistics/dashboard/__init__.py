"""The page and the table that show week 3's statistics while the job runs."""
