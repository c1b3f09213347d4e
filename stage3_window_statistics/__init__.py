"""Week 3: statistics over windows of event time, and a page that shows them as they come."""
